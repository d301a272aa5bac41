import { decodeDoneOffsets, encodeDoneOffsets, type OffsetRange } from './done-offsets.js';

/** What is committed for a partition: where to read on, and what above it is done already. */
export interface WindowCommit {
  readonly offset: bigint;
  /** The done offsets at or above `offset`, see {@link encodeDoneOffsets}; empty when there are none. */
  readonly metadata: string;
}

/** Kafka refuses commit metadata above `offset.metadata.max.bytes`, 4,096 by default. */
const MAX_METADATA_BYTES = 4_000;
/** What one more done record can add to the metadata: two numbers of a few characters each. */
const RUN_BYTES = 10;
/** So many records are remembered, done or not, before no more are taken: behind one that hangs they would pile up. */
const MAX_REMEMBERED = 100_000;

/** A record that is done; while it is not, its size stands in its place. */
const DONE = null;

/**
 * What is under way of one partition: records are taken in order and done in any order. The watermark is the offset
 * below which everything received is done; it is committed together with the done offsets above it, so that whoever
 * reads on repeats at most what was truly in flight (the way of Confluent's Parallel Consumer).
 *
 * Offsets have gaps (transaction markers take offsets, compaction removes them), so the window counts the records it
 * received, never numbers.
 */
export class OffsetWindow {
  /** Received and at or above the watermark, in order of offset: its size in bytes, or {@link DONE}. */
  private readonly received = new Map<bigint, number | typeof DONE>();
  /** Done by a former owner of the partition, in order; those received again are passed. */
  private restored: OffsetRange[];
  private open = 0;
  private openBytes = 0;
  /** The next offset not yet received. */
  private next: bigint;
  /** An upper bound on the length of the metadata. */
  private metadataBound: number;

  /** A window that reads on from a commit. */
  constructor(committed: WindowCommit) {
    this.next = committed.offset;
    this.restored = decodeDoneOffsets(committed.offset, committed.metadata);
    this.metadataBound = committed.metadata.length;
  }

  /** How many records are taken and not done. */
  get inFlight(): number {
    return this.open;
  }

  /** The sizes of the records that are taken and not done, bytes. */
  get inFlightBytes(): number {
    return this.openBytes;
  }

  /**
   * Takes a record of `bytes`. False when it needs no work: it was taken before (a rebalance reads on from the commit)
   * or done before (a restored commit says so).
   */
  take(offset: bigint, bytes = 0): boolean {
    if (offset < this.next) return false;
    this.next = offset + 1n;
    if (this.wasDone(offset)) {
      this.received.set(offset, DONE);
      this.advance();
      return false;
    }
    this.received.set(offset, bytes);
    this.open += 1;
    this.openBytes += bytes;
    return true;
  }

  /** Gives back records taken last, in order, none of them done: they will be taken again. */
  giveBack(offsets: readonly bigint[]): void {
    const [first] = offsets;
    if (first === undefined) return;
    for (const offset of offsets) {
      this.openBytes -= this.received.get(offset) ?? 0;
      if (this.received.delete(offset)) this.open -= 1;
    }
    this.next = first;
  }

  /** Marks a taken record done; one that is not open is ignored. */
  done(offset: bigint): void {
    const bytes = this.received.get(offset);
    if (bytes === undefined || bytes === DONE) return;
    this.received.set(offset, DONE);
    this.open -= 1;
    this.openBytes -= bytes;
    this.metadataBound += RUN_BYTES;
    this.advance();
  }

  /** What to commit now: the lowest open record, or past everything received, and what above it is done. */
  commit(): WindowCommit {
    const [lowest] = this.received.keys();
    const offset = lowest ?? this.next;
    const metadata = encodeDoneOffsets(offset, this.doneRanges());
    this.metadataBound = metadata.length;
    return { offset, metadata };
  }

  /** False when what is done out of order no longer fits a commit: no more may be taken until the watermark moves. */
  fits(): boolean {
    if (this.received.size > MAX_REMEMBERED) return false;
    return this.metadataBound <= MAX_METADATA_BYTES || this.commit().metadata.length <= MAX_METADATA_BYTES;
  }

  /** Offsets between two records received one after the other hold no record, so a run reaches over them. */
  private doneRanges(): OffsetRange[] {
    const ranges: OffsetRange[] = [];
    let run: { from: bigint; to: bigint } | null = null;
    for (const [offset, state] of this.received) {
      if (state !== DONE) run = null;
      else if (run) run.to = offset + 1n;
      else ranges.push((run = { from: offset, to: offset + 1n }));
    }
    // Of what is not yet received again, only the former owner's word is known.
    for (const { from, to } of this.restored) {
      if (to > this.next) ranges.push({ from: from > this.next ? from : this.next, to });
    }
    return ranges;
  }

  private wasDone(offset: bigint): boolean {
    while (this.restored[0] && this.restored[0].to <= offset) this.restored.shift();
    return this.restored[0] !== undefined && this.restored[0].from <= offset;
  }

  /** Forgets what is done from the low end on; its cost is shared by the records it forgets. */
  private advance(): void {
    for (const [offset, state] of this.received) {
      if (state !== DONE) return;
      this.received.delete(offset);
    }
  }
}

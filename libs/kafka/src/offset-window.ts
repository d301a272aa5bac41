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

const NOTHING: ReadonlySet<bigint> = new Set();

interface OpenRecord {
  readonly bytes: number;
  /** Its place among all records received, which tells whether one that is done stands between two that are open. */
  readonly place: number;
  /** When it was written, ms since the epoch. */
  readonly writtenAt: number;
}

/**
 * What is under way of one partition: records are taken in order and done in any order. The watermark is the offset
 * below which everything received is done; it is committed together with the done offsets above it, so that whoever
 * reads on repeats at most what was truly in flight (the way of Confluent's Parallel Consumer).
 *
 * Only what is open is remembered, since everything else received is done: one record that hangs for half a minute
 * while a hundred thousand pass it costs one entry. Offsets have gaps (transaction markers take offsets, compaction
 * removes them), so the window counts the records it received, never numbers.
 */
export class OffsetWindow {
  /** Taken and not done, in order of offset. */
  private readonly open = new Map<bigint, OpenRecord>();
  /** Done by a former owner of the partition, in order; those received again are passed. */
  private restored: readonly OffsetRange[];
  /** The first of these that the records to come can lie in. */
  private restoredAt = 0;
  private openBytes = 0;
  /** The first of the records that were given back and not taken again. */
  private givenBack: { readonly offset: bigint; readonly writtenAt: number } | null = null;
  private nextOffset: bigint;
  /** How many records were received. */
  private places = 0;
  /** An upper bound on the length of the metadata. */
  private metadataBound: number;

  /** A window that reads on from a commit. */
  constructor(committed: WindowCommit) {
    this.nextOffset = committed.offset;
    this.restored = decodeDoneOffsets(committed.offset, committed.metadata);
    this.metadataBound = committed.metadata.length;
  }

  /** The next offset not yet received. */
  get next(): bigint {
    return this.nextOffset;
  }

  /** How many records are taken and not done. */
  get inFlight(): number {
    return this.open.size;
  }

  /** The sizes of the records that are taken and not done, bytes. */
  get inFlightBytes(): number {
    return this.openBytes;
  }

  /** The offset below which everything received is done. */
  get watermark(): bigint {
    for (const offset of this.open.keys()) return offset;
    return this.nextOffset;
  }

  /**
   * When the first record was written that is taken and not done, or was given back and not taken again, ms since the
   * epoch; null when there is none.
   */
  get waitingSince(): number | null {
    for (const { writtenAt } of this.open.values()) return writtenAt;
    return this.givenBack?.writtenAt ?? null;
  }

  /**
   * Takes a record of `bytes`, written at `writtenAt` (ms since the epoch). False when it needs no work: it was taken before (a rebalance reads on from the commit)
   * or done before (a restored commit says so).
   */
  take(offset: bigint, bytes = 0, writtenAt = 0): boolean {
    if (offset < this.nextOffset) return false;
    this.moveTo(offset + 1n);
    this.places += 1;
    if (this.wasDone(offset)) return false;
    this.open.set(offset, { bytes, place: this.places, writtenAt });
    this.openBytes += bytes;
    return true;
  }

  /** True for a record that is taken and not done. */
  isOpen(offset: bigint): boolean {
    return this.open.has(offset);
  }

  /** Moves past what holds no records up to `offset`: markers of transactions, and what was aborted. */
  pass(offset: bigint): void {
    if (offset > this.nextOffset) this.moveTo(offset);
  }

  /** Gives back records taken last, in order, none of them done: they will be taken again. */
  giveBack(offsets: readonly bigint[]): void {
    const [first] = offsets;
    if (first === undefined) return;
    for (const offset of offsets) {
      const writtenAt = this.open.get(offset)?.writtenAt;
      if (writtenAt === undefined) continue;
      if (!this.givenBack || offset < this.givenBack.offset) this.givenBack = { offset, writtenAt };
      this.remove(offset);
      this.places -= 1;
    }
    this.nextOffset = first;
    // Among them may be some that were done before, which will be received again too.
    this.restoredAt = 0;
  }

  /** Marks a taken record done; one that is not open is ignored. */
  done(offset: bigint): void {
    if (this.remove(offset)) this.metadataBound += RUN_BYTES;
  }

  /**
   * What to commit now: the lowest open record, or past everything received, and what above it is done; as if the records
   * of `alsoDone` were done as well.
   */
  commit(alsoDone: ReadonlySet<bigint> = NOTHING): WindowCommit {
    const { offset, ranges } = this.standing(alsoDone);
    const metadata = encodeDoneOffsets(offset, ranges);
    if (alsoDone.size === 0) this.metadataBound = metadata.length;
    return { offset, metadata };
  }

  /**
   * Takes over what a commit found in Kafka says is done, which another owner or a transaction of unknown outcome may
   * have written.
   */
  learn(committed: WindowCommit): void {
    const done = decodeDoneOffsets(committed.offset, committed.metadata);
    if (committed.offset > this.nextOffset) done.unshift({ from: this.nextOffset, to: committed.offset });
    for (const offset of [...this.open.keys()]) {
      if (offset < committed.offset || done.some(({ from, to }) => from <= offset && offset < to)) {
        this.done(offset);
      }
    }
    this.restored = done;
    this.restoredAt = 0;
  }

  /** False when what is done out of order no longer fits a commit: no more may be taken until the watermark moves. */
  fits(): boolean {
    return this.metadataBound <= MAX_METADATA_BYTES || commitFits(this.commit());
  }

  private moveTo(next: bigint): void {
    this.nextOffset = next;
    if (this.givenBack && this.givenBack.offset < next) this.givenBack = null;
  }

  private remove(offset: bigint): boolean {
    const record = this.open.get(offset);
    if (!record) return false;
    this.open.delete(offset);
    this.openBytes -= record.bytes;
    return true;
  }

  /** Offsets between two records received one after the other hold no record, so a run may reach over them. */
  private standing(alsoDone: ReadonlySet<bigint>): { offset: bigint; ranges: OffsetRange[] } {
    const ranges: OffsetRange[] = [];
    let lowest: bigint | null = null;
    let former = { offset: 0n, place: 0 };
    for (const [offset, { place }] of this.open) {
      if (alsoDone.has(offset)) continue;
      if (lowest === null) lowest = offset;
      else if (place > former.place + 1) ranges.push({ from: former.offset + 1n, to: offset });
      former = { offset, place };
    }
    if (lowest !== null && this.places > former.place && this.nextOffset > former.offset + 1n) {
      ranges.push({ from: former.offset + 1n, to: this.nextOffset });
    }
    const offset = lowest ?? this.nextOffset;
    // Of what is not yet received again, only the former owner's word is known.
    for (const { from, to } of this.restored) {
      if (to <= this.nextOffset) continue;
      const start = from > this.nextOffset ? from : this.nextOffset;
      const last = ranges.at(-1);
      if (last?.to === start) ranges[ranges.length - 1] = { from: last.from, to };
      else ranges.push({ from: start, to });
    }
    return { offset, ranges };
  }

  private wasDone(offset: bigint): boolean {
    while ((this.restored[this.restoredAt]?.to ?? offset + 1n) <= offset) this.restoredAt += 1;
    const range = this.restored[this.restoredAt];
    return range !== undefined && range.from <= offset;
  }
}

/** True when Kafka takes the metadata of a commit. */
export function commitFits({ metadata }: WindowCommit): boolean {
  return metadata.length <= MAX_METADATA_BYTES;
}

import { decodeDoneOffsets, encodeDoneOffsets } from './done-offsets.js';

/** What is committed for a partition: where to read on, and what above it is done already. */
export interface WindowCommit {
  readonly offset: bigint;
  /** The done offsets at or above `offset`, see {@link encodeDoneOffsets}; empty when there are none. */
  readonly metadata: string;
}

/** Kafka refuses commit metadata above `offset.metadata.max.bytes`, 4,096 by default. */
const MAX_METADATA_BYTES = 4_000;

/** So few done offsets fit however they lie: two numbers of at most a dozen characters each. */
const SURELY_FITS = 150;

/**
 * What is under way of one partition: records are taken in order and done in any order. The watermark is the offset
 * below which everything received is done; it is committed together with the done offsets above it, so that whoever
 * reads on repeats at most what was truly in flight (the way of Confluent's Parallel Consumer).
 *
 * Offsets have gaps (transaction markers take offsets, compaction removes them), so the window counts the records it
 * received, never numbers.
 */
export class OffsetWindow {
  /** Received and at or above the watermark, in order of offset, each with whether it is done. */
  private readonly received = new Map<bigint, boolean>();
  /** Done by a former owner of the partition and not yet received again. */
  private readonly restored: Set<bigint>;
  private open = 0;
  /** The next offset not yet received. */
  private next: bigint;

  /** A window that reads on from a commit. */
  constructor(committed: WindowCommit) {
    this.next = committed.offset;
    this.restored = decodeDoneOffsets(committed.offset, committed.metadata);
  }

  /** How many records are taken and not done. */
  get inFlight(): number {
    return this.open;
  }

  /**
   * Takes a record. False when it needs no work: it was taken before (a rebalance reads on from the commit) or done
   * before (a restored commit says so).
   */
  take(offset: bigint): boolean {
    if (offset < this.next) return false;
    this.next = offset + 1n;
    const alreadyDone = this.restored.delete(offset);
    this.received.set(offset, alreadyDone);
    if (alreadyDone) this.advance();
    else this.open += 1;
    return !alreadyDone;
  }

  /** Marks a taken record done; one that is not open is ignored. */
  done(offset: bigint): void {
    if (this.received.get(offset) !== false) return;
    this.received.set(offset, true);
    this.open -= 1;
    this.advance();
  }

  /** What to commit now: the lowest open record, or past everything received, and what above it is done. */
  commit(): WindowCommit {
    const [lowest] = this.received.keys();
    const offset = lowest ?? this.next;
    const done = new Set(this.restored);
    for (const [each, isDone] of this.received) if (isDone) done.add(each);
    return { offset, metadata: encodeDoneOffsets(offset, done) };
  }

  /** False when what is done out of order no longer fits a commit: no more may be taken until the watermark moves. */
  fits(): boolean {
    const done = this.received.size - this.open + this.restored.size;
    return done < SURELY_FITS || this.commit().metadata.length <= MAX_METADATA_BYTES;
  }

  /** Forgets what is done from the low end on; its cost is shared by the records it forgets. */
  private advance(): void {
    for (const [offset, isDone] of this.received) {
      if (!isDone) return;
      this.received.delete(offset);
    }
  }
}

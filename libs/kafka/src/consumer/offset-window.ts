import { decodeDoneOffsets, encodeDoneOffsets, type OffsetRange } from './done-offsets.js';

/** The commit of a partition: where to continue, and which records above it are already processed. */
export interface WindowCommit {
  readonly offset: bigint;
  /** The processed offsets at or above `offset`, see {@link encodeDoneOffsets}; empty when there are none. */
  readonly metadata: string;
}

/** Kafka refuses commit metadata above `offset.metadata.max.bytes`, 4,096 by default. */
const MAX_METADATA_BYTES = 4_000;
/** What one more processed record can add to the metadata: two numbers of a few characters each. */
const RUN_BYTES = 10;

const NOTHING: ReadonlySet<bigint> = new Set();

interface OpenRecord {
  readonly bytes: number;
  /**
   * Its number among all received records. It shows whether a processed record lies between two open ones.
   */
  readonly place: number;
  /** When it was written, ms since the epoch. */
  readonly writtenAt: number;
}

/**
 * The records of one partition that are in progress. Records are taken in order and processed in any order.
 * The watermark is the offset below which every received record is processed. It is committed together with
 * the processed offsets above it, so the next reader repeats at most the records in progress (as in
 * Confluent's Parallel Consumer).
 *
 * Only open records are remembered, because every other received record is processed. So when one record
 * hangs for half a minute while a hundred thousand pass it, it costs one entry. Offsets have gaps
 * (transaction markers take offsets, compaction removes records), so the window counts the received records
 * and does not compute with offsets.
 */
export class OffsetWindow {
  /** Records that are taken and not processed, in order of offset. */
  private readonly open = new Map<bigint, OpenRecord>();
  /**
   * Records that a former owner of the partition has processed, in order. They are skipped when they are
   * received again.
   */
  private restored: readonly OffsetRange[];
  /** The index of the first of these ranges that later records can be in. */
  private restoredAt = 0;
  private openBytes = 0;
  /** The first of the records that were given back and not taken again. */
  private givenBack: { readonly offset: bigint; readonly writtenAt: number } | null = null;
  private nextOffset: bigint;
  /** How many records were received. */
  private places = 0;
  /** An upper bound on the length of the metadata. */
  private metadataBound: number;

  /** Creates a window that continues from a commit. */
  constructor(committed: WindowCommit) {
    this.nextOffset = committed.offset;
    this.restored = decodeDoneOffsets(committed.offset, committed.metadata);
    this.metadataBound = committed.metadata.length;
  }

  /** The next offset not yet received. */
  get next(): bigint {
    return this.nextOffset;
  }

  /** How many records are taken and not processed. */
  get inFlight(): number {
    return this.open.size;
  }

  /** The total size of the records that are taken and not processed, bytes. */
  get inFlightBytes(): number {
    return this.openBytes;
  }

  /** The offset below which every received record is processed. */
  get watermark(): bigint {
    for (const offset of this.open.keys()) return offset;
    return this.nextOffset;
  }

  /**
   * When the oldest open record was written, ms since the epoch: a record that is taken and not processed, or
   * given back and not taken again. Null when there is none.
   */
  get waitingSince(): number | null {
    for (const { writtenAt } of this.open.values()) return writtenAt;
    return this.givenBack?.writtenAt ?? null;
  }

  /**
   * Takes a record of `bytes`, written at `writtenAt` (ms since the epoch).
   * @returns false when it needs no work: it was taken before (after a rebalance, reading continues from the
   * commit), or a restored commit says that it is processed.
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

  /** True for a record that is taken and not processed. */
  isOpen(offset: bigint): boolean {
    return this.open.has(offset);
  }

  /** Moves past offsets without records, up to `offset`: transaction markers and aborted records. */
  pass(offset: bigint): void {
    if (offset > this.nextOffset) this.moveTo(offset);
  }

  /**
   * Gives back the records that were taken last, in order, none of them processed: they will be taken again.
   */
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
    // Some of these may have been processed by a former owner; they will be received again too.
    this.restoredAt = 0;
  }

  /** Marks a taken record as processed; a record that is not open is ignored. */
  done(offset: bigint): void {
    if (this.remove(offset)) this.metadataBound += RUN_BYTES;
  }

  /**
   * What to commit now: the offset of the lowest open record (or the one after all received records), and the
   * processed offsets above it. Records in `alsoDone` count as processed.
   */
  commit(alsoDone: ReadonlySet<bigint> = NOTHING): WindowCommit {
    const { offset, ranges } = this.standing(alsoDone);
    const metadata = encodeDoneOffsets(offset, ranges);
    if (alsoDone.size === 0) this.metadataBound = metadata.length;
    return { offset, metadata };
  }

  /**
   * Applies a commit from Kafka, which another owner or a transaction of unknown outcome may have written.
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

  /**
   * False when the offsets that were processed out of order no longer fit into a commit. No more records may
   * be taken until the watermark moves.
   */
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

  /**
   * Offsets between two records that were received one after the other hold no record, so a run may cover
   * them.
   */
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
    // For records that are not yet received again, only the former owner's commit is known.
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

/** True when Kafka accepts the metadata of a commit. */
export function commitFits({ metadata }: WindowCommit): boolean {
  return metadata.length <= MAX_METADATA_BYTES;
}

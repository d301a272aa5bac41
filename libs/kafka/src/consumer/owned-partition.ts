import type { Committer } from './committer.js';
import type { FetchControl } from './fetch-control.js';
import { OffsetWindow, type WindowCommit } from './offset-window.js';
import { type PartitionLag, partitionLag, type Unread, unreadSince } from './partition-lag.js';
import type { TopicPartition } from './topic-partition.js';
import { Trials } from './trials.js';
import { isFull, type WindowLimits } from './window-limits.js';

/**
 * What happens with a partition of this instance.
 *
 * - `restoring`: the position to read from is not known yet, so nothing is fetched.
 * - `reading`: records are fetched and handed over.
 * - `full`: too much is in progress, so nothing is fetched until half of it is processed.
 * - `resting`: its records could not be handled, or its handler wants them later; they are fetched again then.
 * - `lost`: another instance owns it, or its topic was recreated. What is in progress no longer counts.
 */
export type PartitionState = 'restoring' | 'reading' | 'full' | 'resting' | 'lost';

/** The first offset of a log, and the offset behind its last record. */
export interface LogRange {
  readonly low: bigint;
  readonly high: bigint;
}

export interface OwnedPartitionOptions extends TopicPartition {
  readonly fetching: FetchControl;
  /** Null: the partition is never full, since batches are handed over one after the other. */
  readonly limits: WindowLimits | null;
  /**
   * Makes the committer of the partition, or null if its offsets are committed without transactions.
   * @param onCommit is to be called with the offset that is committed.
   */
  readonly committer: (onCommit: (offset: bigint) => void) => Committer | null;
  /** Whether commits of the group hold the watermark only, because its window is kept elsewhere. Default: no. */
  readonly isKept?: boolean;
}

/** A partition from when the group assigns it to this instance until it is lost. */
export class OwnedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committer: Committer | null;
  /** How its records are handed over, and how often this failed. */
  readonly trials = new Trials();
  /** Its handler asked to get the last records again later. */
  isPaused = false;
  /** When this instance got the partition, ms since the epoch. */
  private readonly gainedAt = Date.now();
  /** Null until the position to read from is known, and after the partition is lost. */
  private current: OffsetWindow | null = null;
  private takenOver: Promise<void> = Promise.resolve();
  private isLost = false;
  private full = false;
  /** Runs while the partition rests. */
  private restTimer: NodeJS.Timeout | null = null;
  /** Since when the partition has records that are not read although they should be. */
  private unread: Unread | null = null;
  private committed: WindowCommit | null = null;
  /** The highest offset that Kafka has acknowledged as committed by this instance. */
  private acknowledgedOffset = 0n;
  /**
   * The same at the time when the group was last joined. kafkajs continues there or later, so a lower offset
   * means that the topic was recreated.
   */
  private floor = 0n;

  constructor(private readonly options: OwnedPartitionOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.committer = options.committer((offset) => this.acknowledge(offset));
  }

  get state(): PartitionState {
    if (this.isLost) return 'lost';
    if (this.current === null) return 'restoring';
    if (this.restTimer !== null) return 'resting';
    return this.full ? 'full' : 'reading';
  }

  /** What is in progress. Null while the partition is restored, and after it is lost. */
  get window(): OffsetWindow | null {
    return this.current;
  }

  /**
   * Settles when no former owner writes here any more. That is before there is a window, except after {@link
   * beginAt}.
   */
  get fenced(): Promise<void> {
    return this.takenOver;
  }

  get acknowledged(): bigint {
    return this.acknowledgedOffset;
  }

  /** Reads on in a window, once it is known where that begins. */
  restore(beginning: Promise<OffsetWindow>): void {
    beginning.then(
      (window) => {
        if (this.isLost) return;
        this.begin(window);
        this.applyFlow();
      },
      // Looked up for as long as this instance takes records.
      () => undefined,
    );
  }

  /** Begins at an offset of a log that nobody has read yet, once former owners are fenced. */
  beginAt(offset: bigint, takenOver: Promise<void>): void {
    this.begin(new OffsetWindow({ offset, metadata: '' }));
    this.takenOver = takenOver;
    this.options.fetching.seek(this, offset);
    this.applyFlow();
  }

  /** The partition is another instance's now, or its topic was recreated. */
  lose(): void {
    this.isLost = true;
    this.current = null;
    this.stopResting();
    void this.committer?.close();
  }

  /** The group was joined again and the partition stays. */
  stay(): void {
    this.floor = this.acknowledgedOffset;
    // kafkajs remembers paused partitions when a partition is lost and returns, but not in a new consumer.
    this.applyFlow();
  }

  /** Reads nothing of the partition for a while. */
  rest(ms: number): void {
    if (this.options.fetching.ended || this.current === null) return;
    this.restTimer = setTimeout(() => {
      this.restTimer = null;
      this.applyFlow();
    }, ms);
    this.restTimer.unref();
    this.applyFlow();
  }

  /** Ends a pause that the handler asked for. */
  endPause(): void {
    if (!this.isPaused || this.restTimer === null) return;
    this.stopResting();
    this.restTimer = null;
    this.applyFlow();
  }

  /** Lets the end of a rest do nothing. */
  stopResting(): void {
    if (this.restTimer) clearTimeout(this.restTimer);
  }

  /** Marks a record of a window as processed. */
  done(window: OffsetWindow, offset: bigint): void {
    window.done(offset);
    if (this.full && this.current === window) this.adjustFlow();
  }

  /** Pauses the partition when its window is full, and resumes it when half of it is processed. */
  adjustFlow(): void {
    const { limits } = this.options;
    if (!this.current || limits === null) return;
    const full = isFull(this.full, this.current, limits);
    if (full === this.full) return;
    this.full = full;
    this.applyFlow();
  }

  /** Tells kafkajs whether to fetch the partition. */
  applyFlow(): void {
    this.options.fetching.apply(this, this.state === 'reading');
  }

  /** True when the topic was deleted and recreated: it then begins below what was read of the former one. */
  isAnotherLog({
    firstOffset,
    highWatermark,
  }: {
    firstOffset: bigint | null;
    highWatermark: bigint;
  }): boolean {
    const { current, floor } = this;
    return current !== null && ((firstOffset ?? floor) < floor || highWatermark < current.next);
  }

  /** Moves past a range that holds no records, unless it does not follow what was read. */
  passRange(from: bigint, to: bigint, low: bigint): void {
    const { current } = this;
    if (!current) return;
    // If a range was fetched before this instance began elsewhere in the partition, it does not follow.
    const follows = from <= (current.next > low ? current.next : low);
    if (follows) current.pass(to);
  }

  /** What is to be committed without a transaction; null when it was committed already. */
  get uncommitted(): WindowCommit | null {
    const { committed, current, committer } = this;
    const { isKept = false } = this.options;
    if (!current || (committer && !isKept)) return null;
    const commit = isKept ? { offset: current.watermark, metadata: '' } : current.commit();
    return committed?.offset === commit.offset && committed.metadata === commit.metadata ? null : commit;
  }

  /** Kafka has taken a commit. */
  commitTaken(commit: WindowCommit): void {
    this.committed = commit;
    this.acknowledgedOffset = commit.offset;
  }

  /** Notes where the log ends; null when it is not known. */
  observeEnd(end: LogRange | null, now: number): void {
    const { current, state, isPaused } = this;
    const isToBeRead = state === 'reading' && !isPaused && !this.options.fetching.ended;
    this.unread = isToBeRead && current && end ? unreadSince(this.unread, current.next, end.high, now) : null;
  }

  /** How long the partition has made no progress although it should, ms. */
  stuckMs(now: number): number {
    const { current, unread, trials, committer } = this;
    const takenOver = current === null ? this.gainedAt : now;
    const read = current !== null && unread?.offset === current.next ? unread.since : now;
    return now - Math.min(takenOver, read, trials.failingSince ?? now, committer?.failingSince ?? now);
  }

  /** How far the partition is behind the end of its log. */
  lag(end: LogRange, now: number): PartitionLag {
    const { current, unread } = this;
    if (!current) return { records: 0, seconds: 0 };
    const { watermark, inFlight, waitingSince, next } = current;
    // What was unread at the last look may have been read since.
    const stillUnread = unread?.offset === next ? unread : null;
    return partitionLag({ watermark, inFlight, waitingSince, end, unread: stillUnread }, now);
  }

  private begin(window: OffsetWindow): void {
    this.current = window;
    this.committer?.attach(window);
  }

  private acknowledge(offset: bigint): void {
    this.acknowledgedOffset = offset;
    if (this.full) this.adjustFlow();
  }
}

/** What is known of a partition at one moment. Times are ms since the epoch. */
export interface PartitionProgress {
  /** Every record below this offset is processed. */
  readonly watermark: bigint;
  /** How many records are taken and not processed. */
  readonly inFlight: number;
  /** When the oldest record was written that is taken and not processed; null when there is none. */
  readonly waitingSince: number | null;
  /** The first offset of the log and the one after its last record, as last read. */
  readonly end: { readonly low: bigint; readonly high: bigint };
  /** Since when there are records that are not read, see {@link unreadSince}. */
  readonly unread: Unread | null;
}

/** How far a partition is behind. */
export interface PartitionLag {
  /** Records that are not processed. */
  readonly records: number;
  /**
   * Age of the oldest record that is not processed, seconds. For a record that is not read yet: how long it
   * is known to exist.
   */
  readonly seconds: number;
}

export function partitionLag(
  { watermark, inFlight, waitingSince, end, unread }: PartitionProgress,
  now: number,
): PartitionLag {
  const from = watermark > end.low ? watermark : end.low;
  const oldest = Math.min(waitingSince ?? now, unread?.since ?? now);
  return {
    records: Math.max(Number(end.high - from), inFlight),
    seconds: Math.max(0, now - oldest) / 1_000,
  };
}

/** Records that are not read although they should be. */
export interface Unread {
  /** The offset of the first of them. */
  readonly offset: bigint;
  /** When they were first seen, ms since the epoch. */
  readonly since: number;
}

/**
 * Since when a partition has records that are not read.
 * @param former the result of the previous call.
 * @param next the next offset to read.
 * @param high the end of the log now.
 */
export function unreadSince(former: Unread | null, next: bigint, high: bigint, now: number): Unread | null {
  if (high <= next) return null;
  return former?.offset === next ? former : { offset: next, since: now };
}

/** What a partition is known to be like at one moment. Times are ms since the epoch. */
export interface PartitionState {
  /** Everything below this offset is done. */
  readonly watermark: bigint;
  /** Records that are taken and not done. */
  readonly inFlight: number;
  /** When the first record was written that was taken and is not done; null when there is none. */
  readonly waitingSince: number | null;
  /** What lies in the log, as of the last look: the first offset, and the one behind the last. */
  readonly end: { readonly low: bigint; readonly high: bigint };
  /** Since when there have been records that are not read, see {@link unreadSince}. */
  readonly unread: Unread | null;
}

/** How far a partition is behind. */
export interface PartitionLag {
  /** Records not done. */
  readonly records: number;
  /** Age of the oldest record not done, seconds; of one not read yet, for how long it is known to be there. */
  readonly seconds: number;
}

export function partitionLag(
  { watermark, inFlight, waitingSince, end, unread }: PartitionState,
  now: number,
): PartitionLag {
  const from = watermark > end.low ? watermark : end.low;
  const oldest = Math.min(waitingSince ?? now, unread?.since ?? now);
  return {
    records: Math.max(Number(end.high - from), inFlight),
    seconds: Math.max(0, now - oldest) / 1_000,
  };
}

/** Records that nobody reads although somebody should. */
export interface Unread {
  /** The first of them. */
  readonly offset: bigint;
  /** When they were first seen to be there, ms since the epoch. */
  readonly since: number;
}

/**
 * Since when a partition has had records that are not read.
 * @param former the answer of the look before.
 * @param next the next offset to read.
 * @param high where the log ends now.
 */
export function unreadSince(former: Unread | null, next: bigint, high: bigint, now: number): Unread | null {
  if (high <= next) return null;
  return former?.offset === next ? former : { offset: next, since: now };
}

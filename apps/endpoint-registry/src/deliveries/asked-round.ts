/**
 * The newest round of a delivery that a person asked for, as it was allocated. Times are ms since the epoch.
 */
export interface AskedRound {
  readonly round: number;
  readonly askedAt: number;
  /** The creation time of the delivery; null when an older release allocated the round. */
  readonly deliveryCreatedAt: number | null;
}

/** How far the log has described a delivery. Times are ms since the epoch. */
export interface ShownRounds {
  readonly createdAt: number;
  /** The rank of the fact that decided its status: round, and step within the round. */
  readonly round: number;
  readonly step: number;
  /** When that fact happened. */
  readonly updatedAt: number;
  /** The highest round with a known attempt, or a known end without an attempt. */
  readonly endedRound: number;
}

/**
 * The topics of deliveries keep their records for 7 days, and a record can move once from the main lane to
 * the slow one. So an attempt that was asked for longer ago than twice that is never made: its record is
 * gone.
 */
export const LONGEST_WAIT_MS = 14 * 86_400_000;

/**
 * True while an attempt that a person asked for has not ended, as far as the log shows. It ends with the
 * first result of its round or of a later one, whatever the result is. Until the projection has read that
 * result, the attempt counts as not ended.
 * @param asked null when nobody asked.
 * @param shown null when the log has not shown the delivery.
 */
export function hasNotEnded(asked: AskedRound | null, shown: ShownRounds | null, now: number): boolean {
  const isRecent = (at: number): boolean => now - at <= LONGEST_WAIT_MS;
  if (shown === null) return asked !== null && isRecent(asked.askedAt);
  // The log holds rounds that are missing in the table of allocations: the database was restored.
  if (shown.step === 0 && shown.round > shown.endedRound && isRecent(shown.updatedAt)) return true;
  if (asked === null || !isRecent(asked.askedAt)) return false;
  // A delivery that was created again, long after the first, has the same id and its own rounds.
  const isOfThis = asked.deliveryCreatedAt === null || asked.deliveryCreatedAt === shown.createdAt;
  return isOfThis && asked.round > shown.endedRound;
}

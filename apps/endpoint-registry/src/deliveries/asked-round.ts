/**
 * The newest round of a delivery that a person asked for, as it was allocated. Times are ms since the epoch.
 */
export interface AskedRound {
  readonly round: number;
  readonly askedAt: number;
  /** The creation of the delivery it was asked for; null where a former release allocated it. */
  readonly deliveryCreatedAt: number | null;
}

/** How far the log has shown a delivery. Times are ms since the epoch. */
export interface ShownRounds {
  readonly createdAt: number;
  /** The rank of the fact that decided its status: round, and step within it. */
  readonly round: number;
  readonly step: number;
  /** When that fact happened. */
  readonly updatedAt: number;
  /** The highest round of which an attempt, or an end without one, is known. */
  readonly endedRound: number;
}

/**
 * Topics of deliveries keep their records for 7 days, and a record can move from the main lane to the slow
 * one once. An attempt that was asked for longer ago than both is made by nobody: its record is gone.
 */
export const LONGEST_WAIT_MS = 14 * 86_400_000;

/**
 * True while an attempt that a person asked for has not ended, as far as the log shows. It ends with the
 * first result of its round or of a later one, whatever that says; until the projection has read that result,
 * it counts as not ended.
 * @param asked null when nobody asked. @param shown null when the log has not shown the delivery.
 */
export function hasNotEnded(asked: AskedRound | null, shown: ShownRounds | null, now: number): boolean {
  const isRecent = (at: number): boolean => now - at <= LONGEST_WAIT_MS;
  if (shown === null) return asked !== null && isRecent(asked.askedAt);
  // The log knows of rounds that the table of allocations has lost: the database was restored.
  if (shown.step === 0 && shown.round > shown.endedRound && isRecent(shown.updatedAt)) return true;
  if (asked === null || !isRecent(asked.askedAt)) return false;
  // A delivery that was made once more, long after the first, has the same id and rounds of its own.
  const isOfThis = asked.deliveryCreatedAt === null || asked.deliveryCreatedAt === shown.createdAt;
  return isOfThis && asked.round > shown.endedRound;
}

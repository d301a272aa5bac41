const HOUR_MS = 3_600_000;
/** Between the clocks of the processes that stamp what is in records, and of the brokers that stamp records; ms. */
const CLOCKS_DIFFER_MS = HOUR_MS;

/** What is taken over as it stands, and what is made anew; ms since the epoch, or without end. */
export interface Cut {
  /**
   * Attempts that began before are taken over, with the buckets they are counted in: a full hour, so that no bucket lies
   * on both sides.
   */
  readonly attempts: number;
  /** Events, deliveries and whatever else is cut by time: later ones have no attempt from before {@link attempts}. */
  readonly rows: number;
}

/**
 * Everything counted from the cut on can be counted anew: the log has every record of it, and it belongs to a delivery
 * that retention has not dropped.
 *
 * @param completeSince the log has every record written from then on.
 * @param lastRetired when the newest attempt began that retention has dropped with its delivery; a bucket still counts it.
 */
export function cutFor(completeSince: number, lastRetired: number | null): Cut {
  const recorded = completeSince + CLOCKS_DIFFER_MS;
  const attempts = Math.ceil(Math.max(recorded, (lastRetired ?? -Infinity) + 1) / HOUR_MS) * HOUR_MS;
  return { attempts, rows: attempts + CLOCKS_DIFFER_MS };
}

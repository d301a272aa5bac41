const HOUR_MS = 3_600_000;
/**
 * The maximum difference between the clocks of the processes that write times into records, and of the
 * brokers; ms.
 */
const CLOCKS_DIFFER_MS = HOUR_MS;

/** The times that separate copied data from rebuilt data; ms since the epoch, or infinite. */
export interface Cut {
  /**
   * Earlier attempts are copied, with the buckets that count them: it is a full hour, so that no bucket is on
   * both sides.
   */
  readonly attempts: number;
  /**
   * The cut for events, deliveries and all other data: later ones have no attempt from before {@link
   * attempts}.
   */
  readonly rows: number;
}

/**
 * Computes the cut. Everything that is counted from the cut on can be counted again, because the log has
 * every record of it, and it belongs to a delivery that retention has not dropped.
 * @param completeSince the log has every record that was written from then on.
 * @param lastRetired when the newest attempt began that retention has dropped with its delivery; a bucket
 * still counts it.
 */
export function cutFor(completeSince: number, lastRetired: number | null): Cut {
  const recorded = completeSince + CLOCKS_DIFFER_MS;
  const attempts = Math.ceil(Math.max(recorded, (lastRetired ?? -Infinity) + 1) / HOUR_MS) * HOUR_MS;
  return { attempts, rows: attempts + CLOCKS_DIFFER_MS };
}

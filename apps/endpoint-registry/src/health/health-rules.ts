import { duration, setting, wholeNumber } from '@skillora/operability';

/** When an endpoint counts as failing, and when it is disabled. */
export interface HealthRules {
  /** An endpoint without a success for this long is failing, counted from the first delivery that failed; ms. */
  readonly failingAfterMs: number;
  /** It is disabled after this long without a success, counted in the same way; ms. 0: never. */
  readonly disableAfterMs: number;
  /** It is disabled only if at least this many deliveries ended as failed since then. */
  readonly disableFailures: number;
}

const MOST_DAYS_MS = 90 * 86_400_000;

/** The settings that {@link HealthRules} are read from. */
export const healthSettings = {
  failingAfterMs: setting('ENDPOINT_FAILING_AFTER', duration(1, MOST_DAYS_MS), '1h'),
  disableAfterMs: setting('ENDPOINT_DISABLE_AFTER', duration(0, MOST_DAYS_MS), '5d'),
  disableFailures: setting('ENDPOINT_DISABLE_FAILURES', wholeNumber(1, 1_000_000), '20'),
};

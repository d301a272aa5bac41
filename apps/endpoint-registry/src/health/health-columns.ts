import type { EndpointHealth } from './endpoint-health.js';

/** The columns of `endpoint_health`, as the driver gives them; null if the projection knows nothing of the endpoint. */
export interface HealthColumns {
  readonly last_success_at: Date | null;
  readonly last_gone_at: Date | null;
  readonly failures: number | null;
  readonly first_failure_at: Date | null;
  readonly last_failure_at: Date | null;
}

/** The names of these columns in a query. */
export const HEALTH_COLUMNS =
  'h.last_success_at, h.last_gone_at, h.failures, h.first_failure_at, h.last_failure_at';

/** The health that a row holds. */
export function healthOf(row: HealthColumns): EndpointHealth {
  const { failures, first_failure_at: first, last_failure_at: last } = row;
  return {
    lastSuccessAt: row.last_success_at?.getTime() ?? null,
    lastGoneAt: row.last_gone_at?.getTime() ?? null,
    failures: first && last && { count: failures ?? 0, firstAt: first.getTime(), lastAt: last.getTime() },
  };
}

import { useStatistics } from '../api/queries.js';
import type { Endpoint, Statistics } from '../api/types.js';
import { type Day, dayOf } from './endpoint-day.js';

/**
 * The last day of an endpoint; it is requested alone when the statistics of all do not show it.
 * @param all undefined while they are being loaded, null when they are not available; the result is the same
 * then.
 */
export function useEndpointDay(
  endpoint: Endpoint,
  all: Statistics | null | undefined,
): Day | null | undefined {
  const listed = all && dayOf(endpoint, all);
  const asked = Boolean(all) && !listed;
  const own = useStatistics(`interval=hour&endpoint_id=${endpoint.id}`, 60_000, asked);
  if (!asked) return listed;
  return own.data ?? (own.error ? null : undefined);
}

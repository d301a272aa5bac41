import type { Endpoint } from '../api/types.js';

const DAY_MS = 86_400_000;

/**
 * From when on a recovery finds what an endpoint did not get before and while it was disabled, ISO 8601; null if the system
 * has not disabled it. A recovery goes by the times of events, and a delivery can fail hours after its event was accepted.
 */
export function missedSince({
  disabled_at: disabledAt,
  health: { failing_since: failingSince },
}: Pick<Endpoint, 'disabled_at' | 'health'>): string | null {
  if (disabledAt === null) return null;
  const first = Math.min(Date.parse(disabledAt), Date.parse(failingSince ?? disabledAt));
  return new Date(first - DAY_MS).toISOString();
}

import type { DisabledReason } from '@skillora/contracts';

import { type EndpointHealth, presentFailures } from './endpoint-health.js';
import type { HealthRules } from './health-rules.js';

/** The health of an endpoint, and what its customer has set. Times are ms since the epoch. */
export interface HealthSituation {
  readonly health: EndpointHealth;
  /** When it was last switched on again; null if never. */
  readonly enabledAt: number | null;
  /** Null unless the system has disabled it and nobody has enabled it since. */
  readonly disabledReason: DisabledReason | null;
}

/** The states of an endpoint's health. */
export const HEALTH_STATES = ['healthy', 'failing', 'disabled'] as const;

/** The health of an endpoint as customers see it. */
export interface PresentedHealth {
  readonly state: (typeof HEALTH_STATES)[number];
  /** When the first delivery failed since the last success, ISO 8601 in UTC; null while the endpoint is healthy. */
  readonly failing_since: string | null;
  readonly last_success_at: string | null;
  readonly consecutive_failures: number;
}

/**
 * @param now the time by the database's clock, which all instances share, ms since the epoch. An endpoint becomes
 * failing without a further record in the log: by then the log is known to have no success.
 */
export function presentHealth(situation: HealthSituation, rules: HealthRules, now: number): PresentedHealth {
  const { health, enabledAt } = situation;
  const failures = presentFailures(health, enabledAt);
  const state = stateOf(situation, failures?.firstAt ?? null, rules, now);
  return {
    state,
    failing_since: state === 'healthy' ? null : isoTime(failures?.firstAt ?? null),
    last_success_at: isoTime(health.lastSuccessAt),
    consecutive_failures: failures?.count ?? 0,
  };
}

function stateOf(
  { disabledReason }: HealthSituation,
  firstFailureAt: number | null,
  { failingAfterMs }: HealthRules,
  now: number,
): PresentedHealth['state'] {
  if (disabledReason !== null) return 'disabled';
  return firstFailureAt !== null && now - firstFailureAt >= failingAfterMs ? 'failing' : 'healthy';
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

import {
  countsSince,
  type EndpointHealth,
  evolveHealth,
  type Failures,
  UNKNOWN_HEALTH,
} from '../endpoint-health.js';
import type { HealthFact } from '../health-of-attempt.js';

/** Keeps the health of one endpoint as the projection does, with an array in the place of its table. */
export class KeptHealth {
  health: EndpointHealth = UNKNOWN_HEALTH;
  private readonly failures: number[] = [];

  constructor(public enabledAt: number | null = null) {}

  /** Applies the facts of one transaction. */
  apply(facts: readonly HealthFact[]): void {
    const { health, recount } = evolveHealth(this.health, facts, this.enabledAt);
    const since = countsSince(health, this.enabledAt);
    for (const { kind, at } of facts) if (kind === 'failure' && at > since) this.failures.push(at);
    this.health = recount ? { ...health, failures: counted(this.failures, since) } : health;
  }
}

/** The health of an endpoint, computed from all facts at once. */
export function healthOf(facts: readonly HealthFact[], enabledAt: number | null): EndpointHealth {
  const latest = (some: readonly HealthFact[]): number | null =>
    some.length === 0 ? null : Math.max(...some.map(({ at }) => at));
  const lastSuccessAt = latest(facts.filter(({ kind }) => kind === 'success'));
  const failures = facts.filter(({ kind }) => kind === 'failure').map(({ at }) => at);
  return {
    lastSuccessAt,
    lastGoneAt: latest(facts.filter((fact) => fact.kind === 'failure' && fact.gone)),
    failures: counted(failures, Math.max(lastSuccessAt ?? -Infinity, enabledAt ?? -Infinity)),
  };
}

function counted(failures: readonly number[], since: number): Failures | null {
  const left = failures.filter((at) => at > since);
  return left.length === 0
    ? null
    : { count: left.length, firstAt: Math.min(...left), lastAt: Math.max(...left) };
}

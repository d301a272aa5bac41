import type { HealthFact } from './health-of-attempt.js';

/** Deliveries that ended as failed, with no success after any of them. Times are ms since the epoch. */
export interface Failures {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What the log says about the health of an endpoint. Times are ms since the epoch; null if it never happened. */
export interface EndpointHealth {
  readonly lastSuccessAt: number | null;
  /** When it last answered 410. */
  readonly lastGoneAt: number | null;
  /** Those since the last success, or since the endpoint was switched on again; null if there are none. */
  readonly failures: Failures | null;
}

/** An endpoint of which nothing is known. */
export const UNKNOWN_HEALTH: EndpointHealth = { lastSuccessAt: null, lastGoneAt: null, failures: null };

/** The result of {@link evolveHealth}. */
export interface Evolved {
  readonly health: EndpointHealth;
  /**
   * True if a success came out of order, between failures that are known already. `health.failures` is not right then:
   * the caller counts the failures after {@link countsSince} again.
   */
  readonly recount: boolean;
}

/** Failures count that ended after this; ms since the epoch, or -Infinity. @param enabledAt see {@link evolveHealth}. */
export function countsSince({ lastSuccessAt }: EndpointHealth, enabledAt: number | null): number {
  return Math.max(lastSuccessAt ?? -Infinity, enabledAt ?? -Infinity);
}

/**
 * The health after further facts. The result depends only on the set of facts: the attempts of an endpoint are in
 * several partitions, which are read in any relative order.
 * @param enabledAt when the endpoint was last switched on again, which starts the count afresh; null if never.
 */
export function evolveHealth(
  known: EndpointHealth,
  facts: readonly HealthFact[],
  enabledAt: number | null,
): Evolved {
  let { lastSuccessAt, lastGoneAt } = known;
  for (const fact of facts) {
    if (fact.kind === 'success') lastSuccessAt = later(lastSuccessAt, fact.at);
    else if (fact.gone) lastGoneAt = later(lastGoneAt, fact.at);
  }
  const since = countsSince({ ...known, lastSuccessAt }, enabledAt);
  const further = facts.flatMap((fact) => (fact.kind === 'failure' && fact.at > since ? [fact.at] : []));
  const before = failuresAfter(known.failures, since);
  const failures = further.reduce<Failures | null>(withFailure, before === 'between' ? null : before);
  return { health: { lastSuccessAt, lastGoneAt, failures }, recount: before === 'between' };
}

/** The failures that count now; null also as long as they have to be counted again. */
export function presentFailures(health: EndpointHealth, enabledAt: number | null): Failures | null {
  const left = failuresAfter(health.failures, countsSince(health, enabledAt));
  return left === 'between' ? null : left;
}

/** The failures that are left after a moment; `between` if it lies between the first and the last. */
export function failuresAfter(failures: Failures | null, since: number): Failures | null | 'between' {
  if (failures === null || failures.lastAt <= since) return null;
  return failures.firstAt > since ? failures : 'between';
}

function withFailure(failures: Failures | null, at: number): Failures {
  if (failures === null) return { count: 1, firstAt: at, lastAt: at };
  return {
    count: failures.count + 1,
    firstAt: Math.min(failures.firstAt, at),
    lastAt: Math.max(failures.lastAt, at),
  };
}

function later(one: number | null, other: number): number {
  return one === null ? other : Math.max(one, other);
}

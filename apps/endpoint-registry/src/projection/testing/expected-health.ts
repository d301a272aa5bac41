import { Topics } from '@skillora/contracts';

import { healthOf } from '../../health/testing/kept-health.js';
import { type HealthFact, healthOfAttempt } from '../../health/health-of-attempt.js';
import { readDeliveryResult } from '../facts.js';
import type { PartitionLog } from './log-builder.js';

/** The rows of `endpoint_health` that a log leads to, computed from all its results at once. */
export function expectedHealth(logs: readonly PartitionLog[]): Record<string, unknown>[] {
  const attempts = new Map<string, { endpointId: string; fact: HealthFact | null }>();
  for (const { records } of logs.filter(({ topic }) => topic === Topics.deliveryResults)) {
    for (const { value } of records) {
      const { identity, attempt } = readDeliveryResult(value!);
      if (attempt === null) continue;
      const name = `${identity.id}/${attempt.round}/${attempt.step}`;
      if (attempts.has(name)) continue;
      const { endpointId, eventType } = identity;
      attempts.set(name, { endpointId, fact: healthOfAttempt({ eventType, ...attempt }) });
    }
  }
  const facts = new Map<string, HealthFact[]>();
  for (const { endpointId, fact } of attempts.values()) {
    if (fact !== null) facts.set(endpointId, [...(facts.get(endpointId) ?? []), fact]);
  }
  return [...facts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, some]) => rowOf(id, some));
}

function rowOf(endpoint_id: string, facts: readonly HealthFact[]): Record<string, unknown> {
  const { lastSuccessAt, lastGoneAt, failures } = healthOf(facts, null);
  const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
  return {
    endpoint_id,
    last_success_at: date(lastSuccessAt),
    last_gone_at: date(lastGoneAt),
    failures: failures?.count ?? 0,
    first_failure_at: date(failures?.firstAt ?? null),
    last_failure_at: date(failures?.lastAt ?? null),
  };
}

import type { PoolClient } from 'pg';

import { type Column, names, parameters, values } from './columns.js';
import type { AttemptMade } from './facts.js';

/** An attempt and the delivery it belongs to. */
export interface AttemptRow extends AttemptMade {
  readonly deliveryId: string;
}

const COLUMNS: readonly Column<AttemptRow>[] = [
  { name: 'delivery_id', type: 'uuid', value: (attempt) => attempt.deliveryId },
  { name: 'round', type: 'integer', value: (attempt) => attempt.round },
  { name: 'step', type: 'integer', value: (attempt) => attempt.step },
  { name: 'trigger', type: 'text', value: (attempt) => attempt.trigger },
  { name: 'started_at', type: 'timestamptz', value: (attempt) => attempt.startedAt },
  { name: 'duration_ms', type: 'integer', value: (attempt) => attempt.durationMs },
  { name: 'response_status', type: 'integer', value: (attempt) => attempt.responseStatus },
  { name: 'response_body', type: 'text', value: (attempt) => attempt.responseBody },
  { name: 'error', type: 'text', value: (attempt) => attempt.error },
  { name: 'error_detail', type: 'text', value: (attempt) => attempt.errorDetail },
];

/** Adds the attempts that are not there yet, the first of each name standing, and returns those it added. */
export async function addAttempts<T extends AttemptRow>(
  client: PoolClient,
  attempts: readonly T[],
): Promise<T[]> {
  if (attempts.length === 0) return [];
  const first = new Map<string, T>();
  for (const each of attempts) {
    const name = nameOf(each.deliveryId, each.round, each.step);
    if (!first.has(name)) first.set(name, each);
  }
  const { rows } = await client.query<{ delivery_id: string; round: number; step: number }>(
    `INSERT INTO attempts (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
     ON CONFLICT (delivery_id, round, step) DO NOTHING
     RETURNING delivery_id, round, step`,
    values(COLUMNS, [...first.values()]),
  );
  return rows.flatMap(({ delivery_id, round, step }) => first.get(nameOf(delivery_id, round, step)) ?? []);
}

function nameOf(deliveryId: string, round: number, step: number): string {
  return `${deliveryId}/${round}/${step}`;
}

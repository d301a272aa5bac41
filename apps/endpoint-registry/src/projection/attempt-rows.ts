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
export async function addAttempts(
  client: PoolClient,
  attempts: readonly AttemptRow[],
): Promise<{ deliveryId: string; startedAt: number }[]> {
  if (attempts.length === 0) return [];
  const { rows } = await client.query<{ delivery_id: string; started_at: Date }>(
    `INSERT INTO attempts (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
     ON CONFLICT (delivery_id, round, step) DO NOTHING
     RETURNING delivery_id, started_at`,
    values(COLUMNS, attempts),
  );
  return rows.map(({ delivery_id, started_at }) => ({
    deliveryId: delivery_id,
    startedAt: started_at.getTime(),
  }));
}

import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { ATTEMPT_COLUMNS } from './attempt-columns.js';
import { type Column, names, parameters, values } from './columns.js';
import { type DeliveryKey, keyText } from './delivery-rows.js';
import type { AttemptMade } from './facts.js';

/** An attempt and its delivery. */
export interface AttemptRow extends AttemptMade {
  readonly delivery: DeliveryKey;
}

const COLUMNS: readonly Column<AttemptRow>[] = [
  { name: 'delivery_id', type: 'uuid', value: ({ delivery }) => delivery.id },
  { name: 'delivery_created_at', type: 'timestamptz', value: ({ delivery }) => delivery.createdAt },
  ...ATTEMPT_COLUMNS,
];

/**
 * Adds attempts that do not exist yet. Of several with the same name the first one counts.
 * @returns the added attempts.
 */
export async function addAttempts<T extends AttemptRow>(
  client: PoolClient,
  attempts: readonly T[],
): Promise<T[]> {
  if (attempts.length === 0) return [];
  const first = new Map<string, T>();
  for (const each of attempts) {
    const name = nameOf(each.delivery, each.round, each.step);
    if (!first.has(name)) first.set(name, each);
  }
  const { rows } = await queryPrepared<{
    delivery_id: string;
    delivery_created_at: Date;
    round: number;
    step: number;
  }>(
    client,
    `INSERT INTO attempts (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
     ON CONFLICT (delivery_id, delivery_created_at, round, step) DO NOTHING
     RETURNING delivery_id, delivery_created_at, round, step`,
    values(COLUMNS, [...first.values()]),
  );
  return rows.flatMap(({ delivery_id: id, delivery_created_at, round, step }) => {
    const added = first.get(nameOf({ id, createdAt: delivery_created_at.getTime() }, round, step));
    return added ?? [];
  });
}

function nameOf(delivery: DeliveryKey, round: number, step: number): string {
  return `${keyText(delivery)}/${round}/${step}`;
}

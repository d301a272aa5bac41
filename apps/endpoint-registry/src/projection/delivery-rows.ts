import type { DeliveryErrorCode, DeliveryStatus } from '@skillora/contracts';
import type { PoolClient } from 'pg';

import { type Column, names, parameters, values } from './columns.js';
import type { DeliveryState } from './evolve.js';
import type { DeliveryIdentity } from './facts.js';

/** A delivery as its row holds it. */
export interface DeliveryRow {
  readonly id: string;
  readonly endpointId: string;
  readonly state: DeliveryState;
  readonly attemptCount: number;
}

/** A delivery to add. */
export interface NewDeliveryRow extends DeliveryRow {
  readonly identity: DeliveryIdentity;
}

/**
 * Adds the deliveries that are not there yet and returns the ids of those it added. They must come sorted by id: two
 * transactions that add the same ones then wait for each other and never deadlock.
 */
export async function addDeliveries(
  client: PoolClient,
  sorted: readonly NewDeliveryRow[],
): Promise<Set<string>> {
  if (sorted.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO deliveries (${names(ALL)}) SELECT * FROM unnest(${parameters(ALL)})
     ON CONFLICT (id) DO NOTHING
     RETURNING id`,
    values(ALL, sorted),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Reads deliveries and locks them until the transaction ends, in the order of their ids. */
export async function lockDeliveries(client: PoolClient, ids: readonly string[]): Promise<DeliveryRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<Row>(
    `SELECT id, endpoint_id, ${names(CHANGING)} FROM deliveries WHERE id = ANY($1::uuid[])
     ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
  return rows.map((row) => ({
    id: row.id,
    endpointId: row.endpoint_id,
    attemptCount: row.attempt_count,
    state: {
      status: row.status,
      nextRetryAt: row.next_retry_at?.getTime() ?? null,
      error: row.error,
      responseStatus: row.response_status,
      updatedAt: row.updated_at.getTime(),
      deliveredAt: row.delivered_at?.getTime() ?? null,
      reached: { round: row.round, step: row.step },
      lastResult: { round: row.result_round, step: row.result_step },
      lastAttempt: { round: row.attempt_round, step: row.attempt_step },
    },
  }));
}

/** Writes what has changed of deliveries that {@link lockDeliveries} or {@link addDeliveries} made this transaction's. */
export async function updateDeliveries(
  client: PoolClient,
  changed: readonly Pick<DeliveryRow, 'id' | 'state' | 'attemptCount'>[],
): Promise<void> {
  if (changed.length === 0) return;
  await client.query(
    `UPDATE deliveries SET (${names(CHANGING)}) = ROW (${CHANGING.map(({ name }) => `now_so.${name}`).join(', ')}),
            changed_at = clock_timestamp()
       FROM unnest(${parameters(UPDATED)}) AS now_so (${names(UPDATED)})
      WHERE deliveries.id = now_so.id`,
    values(UPDATED, changed),
  );
}

interface Row {
  id: string;
  endpoint_id: string;
  status: DeliveryStatus;
  round: number;
  step: number;
  result_round: number;
  result_step: number;
  attempt_round: number;
  attempt_step: number;
  attempt_count: number;
  next_retry_at: Date | null;
  response_status: number | null;
  error: DeliveryErrorCode | null;
  updated_at: Date;
  delivered_at: Date | null;
}

/** The columns that facts change. */
const CHANGING: readonly Column<Pick<DeliveryRow, 'state' | 'attemptCount'>>[] = [
  { name: 'status', type: 'text', value: ({ state }) => state.status },
  { name: 'round', type: 'integer', value: ({ state }) => state.reached.round },
  { name: 'step', type: 'integer', value: ({ state }) => state.reached.step },
  { name: 'step_ended', type: 'boolean', value: ({ state }) => state.reached.step > 0 },
  { name: 'result_round', type: 'integer', value: ({ state }) => state.lastResult.round },
  { name: 'result_step', type: 'integer', value: ({ state }) => state.lastResult.step },
  { name: 'attempt_round', type: 'integer', value: ({ state }) => state.lastAttempt.round },
  { name: 'attempt_step', type: 'integer', value: ({ state }) => state.lastAttempt.step },
  { name: 'attempt_count', type: 'integer', value: ({ attemptCount }) => attemptCount },
  { name: 'next_retry_at', type: 'timestamptz', value: ({ state }) => state.nextRetryAt },
  { name: 'response_status', type: 'integer', value: ({ state }) => state.responseStatus },
  { name: 'error', type: 'text', value: ({ state }) => state.error },
  { name: 'updated_at', type: 'timestamptz', value: ({ state }) => state.updatedAt },
  { name: 'delivered_at', type: 'timestamptz', value: ({ state }) => state.deliveredAt },
];

const ID: Column<Pick<DeliveryRow, 'id'>> = { name: 'id', type: 'uuid', value: ({ id }) => id };

const UPDATED: readonly Column<Pick<DeliveryRow, 'id' | 'state' | 'attemptCount'>>[] = [ID, ...CHANGING];

const ALL: readonly Column<NewDeliveryRow>[] = [
  ID,
  { name: 'organization_id', type: 'uuid', value: ({ identity }) => identity.organizationId },
  { name: 'event_id', type: 'uuid', value: ({ identity }) => identity.eventId },
  { name: 'endpoint_id', type: 'uuid', value: ({ identity }) => identity.endpointId },
  { name: 'event_type', type: 'text', value: ({ identity }) => identity.eventType },
  { name: 'created_at', type: 'timestamptz', value: ({ identity }) => identity.createdAt },
  ...CHANGING,
];

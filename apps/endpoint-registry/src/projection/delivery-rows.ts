import type { DeliveryErrorCode, DeliveryStatus, EventType } from '@skillora/contracts';
import type { PoolClient } from 'pg';

import { type Column, names, parameters, values } from './columns.js';
import type { DeliveryState } from './evolve.js';
import type { DeliveryIdentity } from './facts.js';

/**
 * What names a row. Every record of a delivery carries the same creation, ms since the epoch. An event that was fanned
 * out once more after the fan-out had forgotten it made the delivery anew: the same id, another creation, another row.
 */
export interface DeliveryKey {
  readonly id: string;
  readonly createdAt: number;
}

/** The key as text, for maps. */
export function keyText({ id, createdAt }: DeliveryKey): string {
  return `${id}/${createdAt}`;
}

/** Orders rows as every statement here locks them. */
export function byKey(a: DeliveryKey, b: DeliveryKey): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : a.createdAt - b.createdAt;
}

/** A delivery as its row holds it. */
export interface DeliveryRow {
  readonly identity: DeliveryIdentity;
  readonly state: DeliveryState;
  readonly attemptCount: number;
}

/**
 * Adds the deliveries that are not there yet and returns the keys of those it added. They must come sorted by key: two
 * transactions that add the same ones then wait for each other and never deadlock.
 */
export async function addDeliveries(
  client: PoolClient,
  sorted: readonly DeliveryRow[],
): Promise<Set<string>> {
  if (sorted.length === 0) return new Set();
  const { rows } = await client.query<{ id: string; created_at: Date }>(
    `INSERT INTO deliveries (${names(ALL)}) SELECT * FROM unnest(${parameters(ALL)})
     ON CONFLICT (id, created_at) DO NOTHING
     RETURNING id, created_at`,
    values(ALL, sorted),
  );
  return new Set(rows.map(({ id, created_at }) => keyText({ id, createdAt: created_at.getTime() })));
}

/**
 * Reads deliveries and locks them until the transaction ends, in the order of their keys. Each is looked up by its own:
 * given only a span of time, PostgreSQL reads all of the span when it takes it for short, as it does of rows that are
 * newer than its statistics. The bounds of their creation only leave few partitions to plan for, since what is read at
 * the same time was mostly made at the same time. The creation is compared outside, so that the bounds alone choose
 * partitions, once, and not each row anew while rows are locked and read again after a wait.
 */
export async function lockDeliveries(
  client: PoolClient,
  keys: readonly DeliveryKey[],
): Promise<DeliveryRow[]> {
  if (keys.length === 0) return [];
  const sorted = keys.toSorted(byKey);
  const { rows } = await client.query<Row>(
    `SELECT found.* FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (id, created_at)
      CROSS JOIN LATERAL (
        SELECT ${names(ALL)} FROM deliveries
         WHERE deliveries.id = wanted.id AND deliveries.created_at BETWEEN $3 AND $4
           FOR NO KEY UPDATE) AS found
      WHERE found.created_at = wanted.created_at`,
    [...values(KEY, sorted), ...creationBounds(keys)],
  );
  return rows.map((row) => ({
    identity: {
      id: row.id,
      createdAt: row.created_at.getTime(),
      organizationId: row.organization_id,
      eventId: row.event_id,
      endpointId: row.endpoint_id,
      eventType: row.event_type,
    },
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

/**
 * Writes what has changed of deliveries that {@link lockDeliveries} or {@link addDeliveries} made this transaction's. They
 * are there, so nothing is inserted: the conflict with the row that is there finds it by its key, and there is no join that
 * could be planned badly.
 */
export async function updateDeliveries(client: PoolClient, changed: readonly DeliveryRow[]): Promise<void> {
  if (changed.length === 0) return;
  await client.query(
    `INSERT INTO deliveries (${names(ALL)}) SELECT * FROM unnest(${parameters(ALL)})
     ON CONFLICT (id, created_at) DO UPDATE
        SET (${names(CHANGING)}) = ROW (${CHANGING.map(({ name }) => `excluded.${name}`).join(', ')}),
            changed_at = clock_timestamp()`,
    values(ALL, changed),
  );
}

function creationBounds(keys: readonly DeliveryKey[]): [earliest: Date, latest: Date] {
  let [earliest, latest] = [Infinity, -Infinity];
  for (const { createdAt } of keys) {
    earliest = Math.min(earliest, createdAt);
    latest = Math.max(latest, createdAt);
  }
  return [new Date(earliest), new Date(latest)];
}

interface Row {
  id: string;
  created_at: Date;
  organization_id: string;
  event_id: string;
  endpoint_id: string;
  event_type: EventType;
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

const KEY: readonly Column<DeliveryKey>[] = [
  { name: 'id', type: 'uuid', value: ({ id }) => id },
  { name: 'created_at', type: 'timestamptz', value: ({ createdAt }) => createdAt },
];

const ALL: readonly Column<DeliveryRow>[] = [
  ...KEY.map(({ value, ...column }) => ({
    ...column,
    value: ({ identity }: DeliveryRow) => value(identity),
  })),
  { name: 'organization_id', type: 'uuid', value: ({ identity }) => identity.organizationId },
  { name: 'event_id', type: 'uuid', value: ({ identity }) => identity.eventId },
  { name: 'endpoint_id', type: 'uuid', value: ({ identity }) => identity.endpointId },
  { name: 'event_type', type: 'text', value: ({ identity }) => identity.eventType },
  ...CHANGING,
];

import type { DeliveryErrorCode, EventType } from '@skillora/contracts';
import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { HELD_ATTEMPT_COLUMNS } from './attempt-columns.js';
import type { AuditedStatus } from './audited-status.js';
import { type Column, names, parameters, values } from './columns.js';
import type { DeliveryState, Rank } from './evolve.js';
import type { AttemptMade, DeliveryIdentity } from './facts.js';

/**
 * The key of a row. Every record of a delivery carries the same creation time, ms since the epoch. If an
 * event was fanned out again after the fan-out had forgotten it, the new delivery has the same id, another
 * creation time and another row.
 */
export interface DeliveryKey {
  readonly id: string;
  readonly createdAt: number;
}

/** The key as text, for maps. */
export function keyText({ id, createdAt }: DeliveryKey): string {
  return `${id}/${createdAt}`;
}

/** The order in which every statement here locks rows. */
export function byKey(a: DeliveryKey, b: DeliveryKey): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : a.createdAt - b.createdAt;
}

/** A delivery as its row holds it. */
export interface DeliveryRow {
  readonly identity: DeliveryIdentity;
  readonly state: DeliveryState;
  readonly attemptCount: number;
  /** Which attempt its row holds; null if it holds none. */
  readonly held: Rank | null;
  /** An attempt that its row, which holds none, is to hold. */
  readonly toHold?: AttemptMade | null;
}

/**
 * Adds deliveries that do not exist yet.
 * @returns the keys of the added ones. The deliveries must be sorted by key: two transactions that add the
 * same ones then wait for each other and never deadlock.
 */
export async function addDeliveries(
  client: PoolClient,
  sorted: readonly DeliveryRow[],
): Promise<Set<string>> {
  if (sorted.length === 0) return new Set();
  const columns = columnsFor(sorted);
  const { rows } = await queryPrepared<{ id: string; created_at: Date }>(
    client,
    `INSERT INTO deliveries (${names(columns)}) SELECT * FROM unnest(${parameters(columns)})
     ON CONFLICT (id, created_at) DO NOTHING
     RETURNING id, created_at`,
    values(columns, sorted),
  );
  return new Set(rows.map(({ id, created_at }) => keyText({ id, createdAt: created_at.getTime() })));
}

/**
 * Reads deliveries and locks them until the transaction ends, in the order of their keys. Each is looked up
 * by its own key. With only a range of times, PostgreSQL would read the whole range when it considers the
 * range small, as it does for rows that are newer than its statistics. The bounds of the creation times only
 * reduce the number of partitions to plan for, since records that are read together were mostly created
 * together. The creation is compared outside, so that only the bounds select partitions, once, and not again
 * for each row while rows are locked and read again after a wait. The statement is planned each time, because a
 * plan for any times would hold all partitions.
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
        SELECT ${names(ALL)}, first_round, first_step FROM deliveries
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
    held: row.first_step === null ? null : { round: row.first_round ?? 0, step: row.first_step },
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
 * Writes changed deliveries that {@link lockDeliveries} or {@link addDeliveries} have locked in this
 * transaction. They exist, so nothing is inserted: the conflict finds each row by its key, without a join
 * that could get a bad plan.
 */
export async function updateDeliveries(client: PoolClient, changed: readonly DeliveryRow[]): Promise<void> {
  if (changed.length === 0) return;
  const columns = columnsFor(changed);
  // Of a row that is to hold none, the values are null, and what it holds stays.
  const holding =
    columns === ALL
      ? ''
      : HOLDING.map(({ name }) => `, ${name} = coalesce(known.${name}, excluded.${name})`).join('');
  await queryPrepared(
    client,
    `INSERT INTO deliveries AS known (${names(columns)}) SELECT * FROM unnest(${parameters(columns)})
     ON CONFLICT (id, created_at) DO UPDATE
        SET (${names(CHANGING)}) = ROW (${CHANGING.map(({ name }) => `excluded.${name}`).join(', ')}),
            changed_at = clock_timestamp()${holding}`,
    values(columns, changed),
  );
}

/** Most rows change without an attempt to hold, and need not say so. */
function columnsFor(rows: readonly DeliveryRow[]): readonly Column<DeliveryRow>[] {
  return rows.some(({ toHold }) => toHold) ? ALL_AND_HELD : ALL;
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
  status: AuditedStatus;
  round: number;
  step: number;
  result_round: number;
  result_step: number;
  attempt_round: number;
  attempt_step: number;
  attempt_count: number;
  first_round: number | null;
  first_step: number | null;
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
  // Nobody reads it any more, but the column allows no null.
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

const HOLDING: readonly Column<DeliveryRow>[] = HELD_ATTEMPT_COLUMNS.map(({ value, ...column }) => ({
  ...column,
  value: ({ toHold }) => value(toHold ?? null),
}));

const ALL_AND_HELD: readonly Column<DeliveryRow>[] = [...ALL, ...HOLDING];

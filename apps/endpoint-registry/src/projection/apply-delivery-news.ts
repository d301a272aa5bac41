import type { PoolClient } from 'pg';

import { AttemptBuckets } from './attempt-buckets.js';
import { addAttempts } from './attempt-rows.js';
import { deletionTimes } from './deletion-times.js';
import {
  addDeliveries,
  type DeliveryRow,
  lockDeliveries,
  type NewDeliveryRow,
  updateDeliveries,
} from './delivery-rows.js';
import { created, type DeliveryFact, type DeliveryState, evolve } from './evolve.js';
import type { AttemptMade, DeliveryIdentity, DeliveryNews } from './facts.js';
import { type Counted, StatisticsDeltas } from './statistics.js';

/** All that some records tell of one delivery. */
interface Told {
  readonly identity: DeliveryIdentity;
  readonly facts: DeliveryFact[];
  readonly attempts: AttemptMade[];
}

/**
 * Brings deliveries, attempts, statistics and buckets to what the news make of them, with few statements whatever the number of
 * news. Other transactions may do the same for the same deliveries at the same time: a delivery is locked or added
 * before it is evolved. Locks are taken in the order of the ids within a statement, so transactions seldom deadlock;
 * the caller runs this again when they do.
 */
export async function applyDeliveryNews(client: PoolClient, news: readonly DeliveryNews[]): Promise<void> {
  if (news.length === 0) return;
  const told = byDelivery(news);
  const deletedAt = await deletionTimes(client, distinct(told.map(({ identity }) => identity.endpointId)));

  const rows = new Map<string, DeliveryRow>();
  const lock = async (ids: readonly string[]): Promise<void> => {
    for (const row of await lockDeliveries(client, ids)) rows.set(row.id, row);
  };
  // Of a delivery that is there, being told that it was made changes nothing, so such news need no lock.
  await lock(told.filter(tellsMore).map(({ identity }) => identity.id));
  const absent = told
    .filter(({ identity }) => !rows.has(identity.id))
    .map((each) => newRow(each, deletedAt.get(each.identity.endpointId)));
  const added = await addDeliveries(client, absent);
  for (const row of absent) if (added.has(row.id)) rows.set(row.id, row);
  // What was absent and could not be added, another transaction has added in between.
  const more = new Set(told.filter(tellsMore).map(({ identity }) => identity.id));
  await lock(absent.filter(({ id }) => more.has(id) && !added.has(id)).map(({ id }) => id));

  const attempts = await addAttempts(
    client,
    told.flatMap(({ identity, attempts: made }) =>
      made.map((each) => ({ ...each, deliveryId: identity.id, identity })),
    ),
  );
  const newAttempts = countByDelivery(attempts);

  const statistics = new StatisticsDeltas();
  const changed: DeliveryRow[] = [];
  for (const { identity, facts } of told) {
    const before = rows.get(identity.id);
    if (!before) continue;
    const { id, endpointId } = before;
    const isNew = added.has(id);
    const after: DeliveryRow = {
      ...before,
      state: isNew ? before.state : stateAfter(before.state, facts, deletedAt.get(endpointId)),
      attemptCount: (isNew ? 0 : before.attemptCount) + (newAttempts.get(id) ?? 0),
    };
    if (after.state !== before.state || after.attemptCount !== before.attemptCount) changed.push(after);
    statistics.changed(endpointId, isNew ? null : counted(before), counted(after));
  }
  const buckets = new AttemptBuckets();
  for (const attempt of attempts) {
    const { identity, startedAt } = attempt;
    statistics.triggered(identity.endpointId, startedAt);
    buckets.add(identity, attempt);
  }
  await updateDeliveries(client, changed);
  await statistics.write(client);
  await buckets.write(client);
}

/** Ends those of the deliveries, sorted by id, that are open although their endpoint is deleted. */
export async function closeIfEndpointDeleted(
  client: PoolClient,
  sorted: readonly { readonly id: string; readonly endpointId: string }[],
): Promise<void> {
  const deletedAt = await deletionTimes(client, distinct(sorted.map(({ endpointId }) => endpointId)));
  const known = await lockDeliveries(
    client,
    sorted.map(({ id }) => id),
  );
  const statistics = new StatisticsDeltas();
  const changed: DeliveryRow[] = [];
  for (const before of known) {
    const { state } = before;
    const next = stateAfter(state, [], deletedAt.get(before.endpointId));
    if (next === state) continue;
    const after = { ...before, state: next };
    changed.push(after);
    statistics.changed(before.endpointId, counted(before), counted(after));
  }
  await updateDeliveries(client, changed);
  await statistics.write(client);
}

/** True when there is more to tell of a delivery than that it was made. */
function tellsMore({ facts, attempts }: Told): boolean {
  return facts.length > 0 || attempts.length > 0;
}

/** A delivery that is not there yet goes in as the news leave it, which saves a second write. */
function newRow({ identity, facts, attempts }: Told, deletedAt: number | undefined): NewDeliveryRow {
  return {
    id: identity.id,
    endpointId: identity.endpointId,
    identity,
    state: stateAfter(created(identity.createdAt), facts, deletedAt),
    attemptCount: new Set(attempts.map(({ round, step }) => `${round}/${step}`)).size,
  };
}

function stateAfter(
  state: DeliveryState,
  facts: readonly DeliveryFact[],
  deletedAt: number | undefined,
): DeliveryState {
  const evolved = facts.reduce(evolve, { state, endpointDeletedAt: null });
  return (deletedAt === undefined ? evolved : evolve(evolved, { kind: 'endpoint-deleted', at: deletedAt }))
    .state;
}

function counted({ state, attemptCount }: Pick<DeliveryRow, 'state' | 'attemptCount'>): Counted {
  return { failed: state.status === 'failed', attempted: attemptCount > 0 };
}

/** Sorted by id, as PostgreSQL sorts UUIDs. */
function byDelivery(news: readonly DeliveryNews[]): Told[] {
  const told = new Map<string, Told>();
  for (const { identity, fact, attempt } of news) {
    let entry = told.get(identity.id);
    if (!entry) told.set(identity.id, (entry = { identity, facts: [], attempts: [] }));
    if (fact !== null) entry.facts.push(fact);
    if (attempt !== null) entry.attempts.push(attempt);
  }
  return [...told.values()].sort((a, b) => (a.identity.id < b.identity.id ? -1 : 1));
}

function countByDelivery(attempts: readonly { deliveryId: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { deliveryId } of attempts) counts.set(deliveryId, (counts.get(deliveryId) ?? 0) + 1);
  return counts;
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

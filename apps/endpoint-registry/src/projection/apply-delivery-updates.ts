import { AttemptBuckets } from './attempt-buckets.js';
import { addAttempts } from './attempt-rows.js';
import { deletionTimes, type LookingClient } from './deletion-times.js';
import {
  addDeliveries,
  byKey,
  type DeliveryKey,
  type DeliveryRow,
  keyText,
  lockDeliveries,
  updateDeliveries,
} from './delivery-rows.js';
import { created, type DeliveryFact, type DeliveryState, evolve } from './evolve.js';
import { HealthUpdates } from './apply-health.js';
import type { AttemptMade, DeliveryIdentity, DeliveryUpdate } from './facts.js';
import { placed, type PlacedAttempts } from './placed-attempts.js';
import { type Counted, StatisticsDeltas } from './statistics.js';

/** All updates of one delivery in a number of records. */
interface UpdatesOfOne {
  readonly identity: DeliveryIdentity;
  readonly facts: DeliveryFact[];
  readonly attempts: AttemptMade[];
}

/** The same, and where its attempts are written if it is new. */
interface PlacedUpdates extends UpdatesOfOne {
  readonly asNew: PlacedAttempts;
}

/**
 * Updates deliveries, attempts, statistics and buckets with new facts. The number of statements is
 * small and does not depend on the number of facts. Other transactions may update the same deliveries at the
 * same time, so a delivery is added or locked before its new state is computed. Each statement takes locks in
 * the order of the ids, so deadlocks are rare; the caller repeats this after a deadlock.
 * @param holding a first attempt that succeeds is written into the row of its delivery.
 */
export async function applyDeliveryUpdates(
  client: LookingClient,
  updates: readonly DeliveryUpdate[],
  holding: boolean,
): Promise<void> {
  if (updates.length === 0) return;
  const grouped = byDelivery(updates).map((each) => ({
    ...each,
    asNew: placed(each.attempts, NONE, holding),
  }));
  const deletedAt = await deletionTimes(client, distinct(grouped.map(({ identity }) => identity.endpointId)));

  const rows = new Map<string, DeliveryRow>();
  // Most deliveries are new, so each is added before it is looked up. One that exists stays as it is.
  const newRows = grouped.map((each) => newRow(each, deletedAt.get(each.identity.endpointId)));
  const added = await addDeliveries(client, newRows);
  for (const row of newRows) if (added.has(keyText(row.identity))) rows.set(keyText(row.identity), row);
  // For an existing delivery, the fact that it was created changes nothing, so it needs no lock.
  const known = grouped.filter((each) => hasNewFacts(each) && !added.has(keyText(each.identity)));
  const locked = await lockDeliveries(
    client,
    known.map(({ identity }) => identity),
  );
  for (const row of locked) rows.set(keyText(row.identity), row);

  const newlyHeld = new Map<string, AttemptMade>();
  const others: (AttemptMade & { readonly delivery: DeliveryIdentity })[] = [];
  for (const { identity: delivery, attempts: made, asNew } of grouped) {
    const key = keyText(delivery);
    const row = rows.get(key);
    if (!row || made.length === 0) continue;
    const places = added.has(key) ? asNew : placed(made, row, holding);
    if (places.toHold) newlyHeld.set(key, places.toHold);
    for (const each of places.others) others.push({ ...each, delivery });
  }
  const attempts = await addAttempts(client, others);
  for (const { identity: delivery } of grouped) {
    const made = newlyHeld.get(keyText(delivery));
    if (made) attempts.push({ ...made, delivery });
  }
  const newAttempts = countByDelivery(attempts);

  const statistics = new StatisticsDeltas();
  const changed: DeliveryRow[] = [];
  for (const { identity, facts } of grouped) {
    const key = keyText(identity);
    const before = rows.get(key);
    if (!before) continue;
    const { endpointId } = before.identity;
    const isNew = added.has(key);
    const after: DeliveryRow = {
      ...before,
      state: isNew ? before.state : stateAfter(before.state, facts, deletedAt.get(endpointId)),
      attemptCount: (isNew ? 0 : before.attemptCount) + (newAttempts.get(key) ?? 0),
      toHold: isNew ? null : (newlyHeld.get(key) ?? null),
    };
    if (after.state !== before.state || after.attemptCount !== before.attemptCount) changed.push(after);
    statistics.changed(endpointId, isNew ? null : counted(before), counted(after));
  }
  const buckets = new AttemptBuckets();
  const health = new HealthUpdates();
  for (const attempt of attempts) {
    const { delivery, startedAt } = attempt;
    statistics.triggered(delivery.endpointId, startedAt);
    buckets.add(delivery, attempt);
    health.add(delivery, attempt);
  }
  await updateDeliveries(client, changed);
  await statistics.write(client);
  await buckets.write(client);
  await health.write(client);
}

/** Ends the open deliveries among these whose endpoint is deleted. */
export async function closeIfEndpointDeleted(
  client: LookingClient,
  open: readonly (DeliveryKey & { readonly endpointId: string })[],
): Promise<void> {
  const deletedAt = await deletionTimes(client, distinct(open.map(({ endpointId }) => endpointId)));
  const known = await lockDeliveries(client, open);
  const statistics = new StatisticsDeltas();
  const changed: DeliveryRow[] = [];
  for (const before of known) {
    const { state } = before;
    const next = stateAfter(state, [], deletedAt.get(before.identity.endpointId));
    if (next === state) continue;
    const after = { ...before, state: next };
    changed.push(after);
    statistics.changed(before.identity.endpointId, counted(before), counted(after));
  }
  await updateDeliveries(client, changed);
  await statistics.write(client);
}

/** True when there are more facts about a delivery than its creation. */
function hasNewFacts({ facts, attempts }: UpdatesOfOne): boolean {
  return facts.length > 0 || attempts.length > 0;
}

/** A delivery that was not known has no attempts yet. */
const NONE = { attemptCount: 0, held: null };

/** A new delivery is inserted in its final state, which saves a second write. */
function newRow(
  { identity, facts, asNew: { toHold, others } }: PlacedUpdates,
  deletedAt: number | undefined,
): DeliveryRow {
  return {
    identity,
    state: stateAfter(created(identity.createdAt), facts, deletedAt),
    attemptCount: others.length + (toHold ? 1 : 0),
    held: toHold,
    toHold,
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

/** Sorted by key; ids in the order in which PostgreSQL sorts UUIDs. */
function byDelivery(updates: readonly DeliveryUpdate[]): UpdatesOfOne[] {
  const grouped = new Map<string, UpdatesOfOne>();
  for (const { identity, fact, attempt } of updates) {
    const key = keyText(identity);
    let entry = grouped.get(key);
    if (!entry) grouped.set(key, (entry = { identity, facts: [], attempts: [] }));
    if (fact !== null) entry.facts.push(fact);
    if (attempt !== null) entry.attempts.push(attempt);
  }
  return [...grouped.values()].sort((a, b) => byKey(a.identity, b.identity));
}

function countByDelivery(attempts: readonly { delivery: DeliveryKey }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { delivery } of attempts) {
    const key = keyText(delivery);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

import { compileFilter } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { LEAST_ID } from '../database/least-id.js';
import { passedByFanOut } from '../deliveries/passed-by-fan-out.js';
import {
  CLOCKS_DIFFER_MS,
  eventsInRange,
  failedDeliveries,
  type PlacedCandidate,
  type Position,
} from './candidates.js';
import { matchOf } from './matching.js';
import { Recovery } from './recovery.entity.js';
import { after, ended, lockIf } from './recovery-rows.js';
import type { StandingEndpoint } from './standing-endpoint.js';

/** How many candidates a step reads. */
const PAGE = 500;
/** How many where their bodies are read too, for the filter. */
const FILTERED_PAGE = 50;
/** With so many deliveries, PostgreSQL counts the rows before the first is sent. */
const ANALYZED_FROM = 500;
/** How soon a step is tried again that had to wait, ms. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Counts a page of what matches. The deliveries that match become items in the transaction that moves the position on, so
 * each is counted once, whatever is killed.
 */
export async function countStep(
  manager: EntityManager,
  recovery: Recovery,
  endpoint: StandingEndpoint,
  now: Date,
): Promise<void> {
  const from = positionOf(recovery);
  const filter = endpoint.filter && compileFilter(endpoint.filter);
  const subscription = { events: endpoint.events, filter };
  const { candidates, end } =
    recovery.what === 'failed'
      ? await failedDeliveries(manager, recovery, from, PAGE)
      : await eventsInRange(manager, recovery, subscription, from, filter ? FILTERED_PAGE : PAGE);
  const { found, waitsBehind } = await matching(manager, recovery, endpoint, candidates, from, now);

  if (!(await lockIf(manager, recovery.id, 'counting'))) return;
  const expected = recovery.expected + (await addItems(manager, recovery.id, found));
  const position = waitsBehind ?? end ?? from;
  const isOver = waitsBehind === null && end === null;
  // Its own statistics come up to a minute late, and until then it reads all items for each step.
  if (isOver && !recovery.dryRun && expected >= ANALYZED_FROM) await manager.query('ANALYZE recovery_items');
  const next = isOver && !recovery.dryRun ? { status: 'running' as const } : {};
  await manager.update(
    Recovery,
    { id: recovery.id },
    {
      ...{ expected, countedTime: position.time, countedId: position.id },
      waitsFor: waitsBehind === null ? null : 'fan_out',
      nextStepAt: waitsBehind === null ? now : after(now, LOOK_AGAIN_MS),
      ...(isOver && recovery.dryRun ? ended('done', now) : next),
    },
  );
}

/** Notes that the counting cannot begin, because the audit has not read all events that were accepted before. */
export async function waitForAudit(manager: EntityManager, { id }: Recovery, now: Date): Promise<void> {
  if (!(await lockIf(manager, id, 'counting'))) return;
  await manager.update(Recovery, { id }, { waitsFor: 'audit', nextStepAt: after(now, LOOK_AGAIN_MS) });
}

/** Where the counting goes on. Deliveries are read by their creation, which is about that of their events. */
function positionOf({ what, since, countedTime, countedId }: Recovery): Position {
  if (countedTime !== null) return { time: countedTime, id: countedId ?? LEAST_ID };
  return { time: what === 'failed' ? after(since, -CLOCKS_DIFFER_MS) : since, id: LEAST_ID };
}

/** The candidates that match, up to the first that cannot be decided yet, and where to go on then. */
async function matching(
  manager: EntityManager,
  { organizationId, what, includeBeforeCreation }: Recovery,
  endpoint: StandingEndpoint,
  candidates: readonly PlacedCandidate[],
  from: Position,
  now: Date,
): Promise<{ readonly found: readonly PlacedCandidate[]; readonly waitsBehind: Position | null }> {
  const wanted = { what, includeBeforeCreation, endpointCreatedAt: endpoint.createdAt.getTime() };
  const isUnsure = candidates.some((each) => matchOf(each, wanted, () => false) === 'wait');
  const isFannedOut = isUnsure ? await passedByFanOut(manager, organizationId, now) : () => false;
  const found: PlacedCandidate[] = [];
  let waitsBehind = from;
  for (const candidate of candidates) {
    const match = matchOf(candidate, wanted, isFannedOut);
    if (match === 'wait') return { found, waitsBehind };
    if (match === 'match') found.push(candidate);
    waitsBehind = candidate.position;
  }
  return { found, waitsBehind: null };
}

/** @returns how many were not there before: an event that was accepted twice has one delivery. */
async function addItems(
  manager: EntityManager,
  recoveryId: string,
  found: readonly PlacedCandidate[],
): Promise<number> {
  if (found.length === 0) return 0;
  const added = await manager.query<unknown[]>(
    `INSERT INTO recovery_items (recovery_id, delivery_id, event_id, event_time)
     SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      recoveryId,
      found.map(({ deliveryId }) => deliveryId),
      found.map(({ eventId }) => eventId),
      found.map(({ eventAt }) => new Date(eventAt)),
    ],
  );
  return added.length;
}

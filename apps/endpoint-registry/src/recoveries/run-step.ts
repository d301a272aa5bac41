import type { EntityManager } from 'typeorm';

import type { ChangeLog } from '../changes/change-log.js';
import { dueNow, type PaceState, pacedAfter, untilDue } from './pace.js';
import { Recovery } from './recovery.entity.js';
import { after, ended, lockIf } from './recovery-rows.js';
import { forgetItems, sendItems } from './send-items.js';
import { type Outcomes, readOutcomes, seenAfter, writeOutcomes } from './sent-items.js';
import { type StandingEndpoint, standingEndpoint } from './standing-endpoint.js';
import { type WaitingItem, waitingItems } from './waiting-items.js';

/** How soon the next step comes, ms. */
const PAUSES = {
  /** The endpoint answers: soon there is room for more. */
  busy: 100,
  /** Nothing has moved since the last step. */
  quiet: 250,
  /** All that is left waits for a retry, or the endpoint takes nothing. */
  patient: 2_000,
};

/** What a step did, before it is written. */
interface Moved {
  readonly sent: number;
  readonly skipped: number;
}

const NOTHING: Moved = { sent: 0, skipped: 0 };

/**
 * One step of a recovery that runs: it sees which deliveries have ended, and sends as many more as the pace allows. It is
 * one transaction. What is read before the locks is checked again under them.
 * @returns whether something must be brought to Kafka.
 */
export async function runStep(
  manager: EntityManager,
  log: ChangeLog,
  recovery: Recovery,
  endpoint: StandingEndpoint,
  now: Date,
): Promise<boolean> {
  const outcomes = await readOutcomes(manager, recovery.id, recovery.lookedId, now);
  const pace = paceOf(recovery);
  const count = endpoint.waitsFor === null ? dueNow(pace, outcomes.inProgress, now.getTime()) : 0;
  const items = await waitingItems(manager, recovery, count, now);
  const due = items.filter(({ turn }) => turn !== 'skip');
  const write = async (): Promise<Moved> => {
    const isRunning = await lockIf(manager, recovery.id, 'running');
    const moved = isRunning ? await send(manager, recovery, items, due, now) : NOTHING;
    await writeOutcomes(manager, recovery.id, outcomes);
    await manager.update(
      Recovery,
      { id: recovery.id },
      isRunning
        ? afterStep(recovery, endpoint, outcomes, moved, now)
        : { ...seenAfter(recovery, outcomes), nextStepAt: now },
    );
    return moved;
  };
  // The organisation first, as every change of it. The recovery's creation has the entry.
  const { sent } = due.length === 0 ? await write() : await log.goOn(manager, recovery.organizationId, write);
  return sent > 0;
}

async function send(
  manager: EntityManager,
  recovery: Recovery,
  items: readonly WaitingItem[],
  due: readonly WaitingItem[],
  now: Date,
): Promise<Moved> {
  if (items.length === 0) return NOTHING;
  // It may have been deactivated or deleted since the step began; nobody can do so while the organisation is locked.
  const endpoint = due.length === 0 ? null : await standingEndpoint(manager, recovery.endpointId);
  if (endpoint && (endpoint.isDeleted || endpoint.waitsFor !== null)) return NOTHING;
  const sent = endpoint ? await sendItems(manager, recovery, endpoint.version, due, now) : 0;
  await forgetItems(manager, recovery.id, items);
  return { sent, skipped: items.length - sent };
}

/** What the recovery is after a step. */
function afterStep(
  recovery: Recovery,
  endpoint: StandingEndpoint,
  outcomes: Outcomes,
  moved: Moved,
  now: Date,
): Partial<Recovery> {
  const { expected } = recovery;
  const seen = seenAfter(recovery, outcomes);
  const [sent, skipped] = [recovery.sent + moved.sent, recovery.skipped + moved.skipped];
  const waiting = expected - sent - skipped;
  const isDone = waiting === 0 && sent === seen.succeeded + seen.failed;
  const paced = pacedAfter(paceOf(recovery), moved.sent, now.getTime());
  const inProgress = outcomes.inProgress + moved.sent;
  const isBusy =
    moved.sent + moved.skipped > 0 || seen.succeeded + seen.failed > recovery.succeeded + recovery.failed;
  const isPatient = inProgress === 0 && (waiting === 0 || endpoint.waitsFor !== null);
  const pause = isPatient ? PAUSES.patient : isBusy ? PAUSES.busy : PAUSES.quiet;
  const pacing =
    waiting > 0 && inProgress === 0 ? untilDue({ ...paceOf(recovery), pacedUntil: paced }, now.getTime()) : 0;
  const progress = {
    ...seen,
    ...{ sent, skipped },
    pacedUntil: paced === null ? null : new Date(paced),
  };
  if (isDone) return { ...progress, ...ended('done', now), settledAt: now };
  return {
    ...progress,
    waitsFor: waiting > 0 ? endpoint.waitsFor : null,
    nextStepAt: after(now, Math.min(Math.max(pause, pacing), PAUSES.patient)),
  };
}

function paceOf({ rate, pacedUntil }: Recovery): PaceState {
  return { rate, pacedUntil: pacedUntil?.getTime() ?? null };
}

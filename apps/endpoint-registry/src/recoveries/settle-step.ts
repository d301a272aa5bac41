import type { EntityManager } from 'typeorm';

import { MOST_CANCELLED } from './recovery.js';
import { Recovery } from './recovery.entity.js';
import { after } from './recovery-rows.js';
import { readOutcomes, seenAfter, writeOutcomes } from './sent-items.js';

/** How many items of a cancelled recovery a step forgets. */
const FORGOTTEN_AT_ONCE = 5_000;
/** How soon the next step comes if all that is left was sent, ms. */
const PAUSE_MS = 2_000;

/**
 * A step of a recovery that was cancelled. What it sent still ends, and is counted. What was not sent is forgotten, and
 * what was sent too when many others of the organisation were cancelled since, see {@link MOST_CANCELLED}.
 */
export async function settleStep(manager: EntityManager, recovery: Recovery, now: Date): Promise<void> {
  const { id, lookedId } = recovery;
  const outcomes = await readOutcomes(manager, id, lookedId, now);
  await writeOutcomes(manager, id, outcomes);
  const stillCounts = (await cancelledSince(manager, recovery)) < MOST_CANCELLED;
  const forgotten = await forget(manager, id, stillCounts ? ['waiting'] : ['waiting', 'sent', 'open']);
  const left = await manager.query<unknown[]>('SELECT FROM recovery_items WHERE recovery_id = $1 LIMIT 1', [
    id,
  ]);
  await manager.update(
    Recovery,
    { id },
    {
      ...seenAfter(recovery, outcomes),
      nextStepAt: after(now, forgotten < FORGOTTEN_AT_ONCE ? PAUSE_MS : 0),
      ...(left.length === 0 ? { settledAt: now } : {}),
    },
  );
}

/** How many others of the organisation were cancelled later, and are still counting. */
async function cancelledSince(
  manager: EntityManager,
  { id, organizationId, endedAt }: Recovery,
): Promise<number> {
  const [row] = await manager.query<{ count: number }[]>(
    `SELECT count(*)::integer AS count FROM recoveries
      WHERE organization_id = $1 AND status = 'cancelled' AND settled_at IS NULL AND (ended_at, id) > ($2, $3)`,
    [organizationId, endedAt, id],
  );
  return row?.count ?? 0;
}

/** Forgets items in some states. @returns how many; fewer than {@link FORGOTTEN_AT_ONCE} if there are no more. */
async function forget(
  manager: EntityManager,
  recoveryId: string,
  states: readonly string[],
): Promise<number> {
  const [, count] = await manager.query<[unknown[], number]>(
    `DELETE FROM recovery_items WHERE recovery_id = $1 AND delivery_id = ANY(ARRAY(
       SELECT delivery_id FROM recovery_items
        WHERE recovery_id = $1 AND state = ANY($2) LIMIT ${FORGOTTEN_AT_ONCE}))`,
    [recoveryId, states],
  );
  return count;
}

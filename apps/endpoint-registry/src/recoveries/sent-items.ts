import type { EntityManager } from 'typeorm';

import { LEAST_ID } from '../database/least-id.js';
import { LONGEST_WAIT_MS } from '../deliveries/asked-round.js';
import { attemptsOf, HELD_ATTEMPT } from '../projection/attempt-columns.js';
import type { Recovery } from './recovery.entity.js';
import { after } from './recovery-rows.js';

/** How many deliveries that wait for a retry a step looks at. */
const OPEN_PAGE = 500;

/** What has become of deliveries that a recovery sent. */
export interface Outcomes {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /** Their first attempt has ended, and they wait for a retry. */
  readonly opened: readonly string[];
  /** How many have not had their first attempt. */
  readonly inProgress: number;
  /** Of those that wait for a retry, the one that was looked at last; null after the last of all. */
  readonly lookedId: string | null;
}

interface ItemRow {
  readonly delivery_id: string;
  readonly state: 'sent' | 'open';
  readonly outcome: 'succeeded' | 'failed' | 'opened' | null;
}

/**
 * Reads what has become of all deliveries without a first attempt, and of a page of those that wait for a retry. The work
 * does not grow with the recovery. A delivery that had arrived before keeps its status whatever comes, so its first
 * attempt decides. One that the log has lost counts as failed after 14 days.
 * @param now by the database's clock.
 */
export async function readOutcomes(
  manager: EntityManager,
  recoveryId: string,
  lookedId: string | null,
  now: Date,
): Promise<Outcomes> {
  const rows = await manager.query<ItemRow[]>(
    `WITH looked AS (
       SELECT * FROM recovery_items WHERE recovery_id = $1 AND state = 'sent'
       UNION ALL
       (SELECT * FROM recovery_items WHERE recovery_id = $1 AND state = 'open' AND delivery_id > $2
         ORDER BY delivery_id LIMIT ${OPEN_PAGE}))
     SELECT i.delivery_id, i.state,
            CASE WHEN made.succeeded THEN 'succeeded'
                 WHEN i.again AND (made.attempted OR d.result_round >= i.round) THEN 'failed'
                 WHEN NOT i.again AND d.status = 'success' THEN 'succeeded'
                 WHEN NOT i.again AND d.status = 'failed' AND d.round >= i.round THEN 'failed'
                 WHEN i.sent_at < $3 THEN 'failed'
                 WHEN made.attempted THEN 'opened' END AS outcome
       FROM looked i
       LEFT JOIN LATERAL (
         SELECT d.id, d.created_at, d.status, d.round, d.result_round, ${HELD_ATTEMPT} FROM deliveries d
          WHERE d.id = i.delivery_id AND d.created_at = i.delivery_created_at OFFSET 0) AS d ON true
      CROSS JOIN LATERAL (
         SELECT count(*) > 0 AS attempted, bool_or(a.error IS NULL) AS succeeded FROM ${attemptsOf('d')} AS a
          WHERE a.round >= i.round) AS made`,
    [recoveryId, lookedId ?? LEAST_ID, after(now, -LONGEST_WAIT_MS)],
  );
  const idsOf = (outcome: ItemRow['outcome']): string[] =>
    rows.filter((row) => row.outcome === outcome).map((row) => row.delivery_id);
  const open = rows.filter(({ state }) => state === 'open').map((row) => row.delivery_id);
  return {
    succeeded: idsOf('succeeded'),
    failed: idsOf('failed'),
    opened: rows
      .filter(({ state, outcome }) => state === 'sent' && outcome === 'opened')
      .map((row) => row.delivery_id),
    inProgress: rows.filter(({ state, outcome }) => state === 'sent' && outcome === null).length,
    lookedId: open.length < OPEN_PAGE ? null : (open.sort().at(-1) ?? null),
  };
}

/** Forgets the deliveries that have ended, and marks those that wait for a retry. */
export async function writeOutcomes(
  manager: EntityManager,
  recoveryId: string,
  { succeeded, failed, opened }: Outcomes,
): Promise<void> {
  if (succeeded.length + failed.length > 0) {
    await manager.query(
      'DELETE FROM recovery_items WHERE recovery_id = $1 AND delivery_id = ANY($2::uuid[])',
      [recoveryId, [...succeeded, ...failed]],
    );
  }
  if (opened.length > 0) {
    await manager.query(
      "UPDATE recovery_items SET state = 'open' WHERE recovery_id = $1 AND delivery_id = ANY($2::uuid[])",
      [recoveryId, opened],
    );
  }
}

/** What a recovery has seen, after a step, of the deliveries that it sent before. */
export function seenAfter(
  { succeeded, failed }: Pick<Recovery, 'succeeded' | 'failed'>,
  outcomes: Outcomes,
): Pick<Recovery, 'succeeded' | 'failed' | 'lookedId'> {
  return {
    succeeded: succeeded + outcomes.succeeded.length,
    failed: failed + outcomes.failed.length,
    lookedId: outcomes.lookedId,
  };
}

import type { EntityManager } from 'typeorm';

import { attemptsOf } from '../projection/attempt-columns.js';
import type { AskedRound, ShownRounds } from './asked-round.js';
import { attemptsBeforeRound } from './attempt-numbers.js';

/** A delivery that gets its next round, in the state in which that was decided. */
export interface RoundRequest {
  readonly deliveryId: string;
  /** The delivery's creation, ms since the epoch. */
  readonly createdAt: number;
  /** The newest round that was asked for, 0 when there was none. */
  readonly askedRound: number;
  /** The highest round in the log. */
  readonly shownRound: number;
}

/** The columns that a query of `deliveries d` selects for {@link roundsOf}, with {@link JOIN_ASKED_ROUND}. */
export const ROUND_COLUMNS = `d.round, d.step, d.updated_at, d.created_at,
  greatest(d.result_round, (SELECT max(a.round) FROM ${attemptsOf('d')} AS a)) AS ended_round,
  d.attempt_count, d.next_retry_at,
  (SELECT max(a.number) FROM ${attemptsOf('d')} AS a) AS last_number,
  r.round AS asked_round, r.requested_at AS asked_at, r.delivery_created_at AS asked_of`;
export const JOIN_ASKED_ROUND = 'LEFT JOIN requested_rounds r ON r.delivery_id = d.id';

/** The values of {@link ROUND_COLUMNS}. */
export interface RoundRow {
  readonly round: number;
  readonly step: number;
  readonly updated_at: Date;
  readonly created_at: Date;
  readonly ended_round: number;
  readonly attempt_count: number;
  readonly next_retry_at: Date | null;
  readonly last_number: number | null;
  readonly asked_round: number | null;
  readonly asked_at: Date | null;
  readonly asked_of: Date | null;
}

/** The rounds in a row: those that were asked for, and those in the log. */
export function roundsOf(row: RoundRow): { asked: AskedRound | null; shown: ShownRounds } {
  return {
    asked: askedRound(row.asked_round, row.asked_at, row.asked_of),
    shown: {
      createdAt: row.created_at.getTime(),
      round: row.round,
      step: row.step,
      updatedAt: row.updated_at.getTime(),
      endedRound: row.ended_round,
    },
  };
}

/** How many attempts count as made before the next round, see {@link attemptsBeforeRound}. */
export function attemptsBefore(row: RoundRow, now: Date): number {
  const { attempt_count: attemptCount, last_number: lastNumber, next_retry_at: nextRetryAt } = row;
  return attemptsBeforeRound({ attemptCount, lastNumber, nextRetryAt }, now);
}

export function askedRound(round: number | null, askedAt: Date | null, of: Date | null): AskedRound | null {
  if (round === null || askedAt === null) return null;
  return { round, askedAt: askedAt.getTime(), deliveryCreatedAt: of?.getTime() ?? null };
}

/**
 * Allocates the next round of each delivery, above all rounds that were asked for or are in the log. A
 * delivery gets none if somebody else has asked for a round since it was read: when several decide at once,
 * on any instance, one of them gets the round.
 * @returns the rounds by delivery, without deliveries that got none.
 */
export async function allocateRounds(
  manager: EntityManager,
  requests: readonly RoundRequest[],
  requestedAt: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await manager.query<{ delivery_id: string; round: number }[]>(
    `WITH wanted AS (
       SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::integer[])
                  AS wanted (id, created_at, asked, shown))
     INSERT INTO requested_rounds AS known (delivery_id, round, requested_at, delivery_created_at)
     SELECT id, greatest(asked, shown) + 1, $5, created_at FROM wanted ORDER BY id
     ON CONFLICT (delivery_id) DO UPDATE
       SET round = excluded.round, requested_at = excluded.requested_at,
           delivery_created_at = excluded.delivery_created_at
     WHERE known.round = (SELECT asked FROM wanted WHERE id = excluded.delivery_id)
     RETURNING delivery_id, round`,
    [
      requests.map(({ deliveryId }) => deliveryId),
      requests.map(({ createdAt }) => new Date(createdAt)),
      requests.map((request) => request.askedRound),
      requests.map(({ shownRound }) => shownRound),
      requestedAt,
    ],
  );
  return new Map(rows.map(({ delivery_id, round }) => [delivery_id, round]));
}

import type { EntityManager } from 'typeorm';

import type { AuditedStatus } from '../projection/audited-status.js';
import { type AskedRound, hasNotEnded } from './asked-round.js';
import {
  askedRound,
  attemptsBefore,
  JOIN_ASKED_ROUND,
  ROUND_COLUMNS,
  type RoundRow,
  roundsOf,
} from './requested-rounds.js';

/** What decides whether a delivery can get another round, and what that round needs to know. */
export interface RoundState {
  /** Null when the audit shows no such delivery. */
  readonly status: AuditedStatus | null;
  /** Ms since the epoch; null when the audit shows no such delivery. */
  readonly createdAt: number | null;
  /** The highest round in the log, and the newest that was asked for; 0 for none. */
  readonly shownRound: number;
  readonly askedRound: number;
  /** An attempt that was asked for has not ended. */
  readonly underWay: boolean;
  /** How many attempts count as made. */
  readonly attemptsBefore: number;
}

/** A row of `deliveries` with the columns of {@link ROUND_COLUMNS}. */
export interface RoundStateRow extends RoundRow {
  readonly status: AuditedStatus;
}

/** How many rounds a delivery has had, beside the automatic schedule. */
export function roundsHad({ shownRound, askedRound: asked }: RoundState): number {
  return Math.max(shownRound, asked);
}

/** The state of a delivery that the audit shows. */
export function roundStateOf(row: RoundStateRow, now: Date): RoundState {
  const { asked, shown } = roundsOf(row);
  return {
    status: row.status,
    createdAt: shown.createdAt,
    shownRound: Math.max(shown.round, shown.endedRound),
    askedRound: asked?.round ?? 0,
    underWay: hasNotEnded(asked, shown, now.getTime()),
    attemptsBefore: attemptsBefore(row, now),
  };
}

/** The states of deliveries, of each its newest; also of those that the audit does not show. */
export async function roundStates(
  manager: EntityManager,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, RoundState>> {
  const rows = await manager.query<(RoundStateRow & { readonly id: string })[]>(
    `SELECT DISTINCT ON (d.id) d.id, d.status, ${ROUND_COLUMNS} FROM deliveries d ${JOIN_ASKED_ROUND}
      WHERE d.id = ANY($1::uuid[]) ORDER BY d.id, d.created_at DESC`,
    [ids],
  );
  const states = new Map(rows.map((row) => [row.id, roundStateOf(row, now)]));
  const absent = ids.filter((id) => !states.has(id));
  const asked = await askedRounds(manager, absent);
  for (const id of absent) states.set(id, absentState(asked.get(id) ?? null, now));
  return states;
}

function absentState(asked: AskedRound | null, now: Date): RoundState {
  return {
    ...{ status: null, createdAt: null, shownRound: 0, attemptsBefore: 0 },
    askedRound: asked?.round ?? 0,
    underWay: hasNotEnded(asked, null, now.getTime()),
  };
}

interface AskedRow {
  readonly delivery_id: string;
  readonly round: number;
  readonly requested_at: Date;
  readonly delivery_created_at: Date | null;
}

/** The newest rounds that were asked for of deliveries that the audit does not show. */
async function askedRounds(
  manager: EntityManager,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AskedRound | null>> {
  if (ids.length === 0) return new Map();
  const rows = await manager.query<AskedRow[]>(
    `SELECT delivery_id, round, requested_at, delivery_created_at FROM requested_rounds
      WHERE delivery_id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(
    rows.map((row) => [row.delivery_id, askedRound(row.round, row.requested_at, row.delivery_created_at)]),
  );
}

import type { OffsetWindow, WindowCommit } from '@skillora/kafka';

import { type DedupeEntry, doneBy, type UnitTransaction } from './unit-transaction.js';

/** A slice in the ledger, of an event that stays open. */
export interface LedgerSlice {
  readonly offset: bigint;
  readonly number: number;
  /** ms since the epoch. */
  readonly madeAt: number;
  readonly isLast: boolean;
  readonly endpointIds: readonly string[];
}

/** One record of a unit's ledger: what a transaction says of the unit's records. */
export interface UnitRecord {
  /** Who wrote it: a UUID of each takeover. */
  readonly writer: string;
  /** Its number among those of its writer; 0 for the mark of a takeover. */
  readonly sequence: number;
  /** The events that are known from now on. */
  readonly entries: readonly DedupeEntry[];
  /**
   * Where to read on, by topic of the unit: complete in each record but the mark of a takeover. For the events the
   * offset is that of the first one that is open or not read.
   */
  readonly positions: ReadonlyMap<string, WindowCommit>;
  readonly told: readonly LedgerSlice[];
  /** Deliveries of events that stay open. */
  readonly ended: readonly { readonly offset: bigint; readonly endpointId: string }[];
}

/** The mark of a takeover: it says who writes from now on, and nothing else. */
export function markOf(writer: string): UnitRecord {
  return { writer, sequence: 0, entries: [], positions: new Map(), told: [], ended: [] };
}

/**
 * Where a next owner reads on once a transaction is written, by topic.
 * @param events the topic of the events.
 * @param former where this owner began.
 * @param windows what is in progress, by topic.
 */
export function positionsAfter(
  transaction: UnitTransaction<unknown>,
  events: string,
  former: ReadonlyMap<string, WindowCommit>,
  windows: ReadonlyMap<string, OffsetWindow>,
): ReadonlyMap<string, WindowCommit> {
  const done = doneBy(transaction, events);
  const positions = new Map(former);
  for (const [topic, window] of windows) positions.set(topic, window.commit(done.get(topic)));
  return positions;
}

/** The ledger record of a transaction: of events that close with it, it holds the entry and nothing else. */
export function recordOf(
  { outcomes, told, closed }: UnitTransaction<unknown>,
  writer: string,
  sequence: number,
  positions: ReadonlyMap<string, WindowCommit>,
): UnitRecord {
  const over = new Set(closed);
  const passed = outcomes.flatMap((outcome) =>
    outcome.kind === 'passed' && outcome.entry !== null ? [outcome.entry] : [],
  );
  return {
    writer,
    sequence,
    entries: [...closed.map(({ entry, digest }) => ({ entry, digest })), ...passed],
    positions,
    told: told
      .filter(({ event }) => !over.has(event))
      .map(({ event, slice: { number, madeAt, isLast, endpointIds } }) => ({
        offset: event.offset,
        number,
        madeAt,
        isLast,
        endpointIds,
      })),
    ended: outcomes.flatMap((outcome) =>
      outcome.kind === 'ended' && !over.has(outcome.event)
        ? [{ offset: outcome.event.offset, endpointId: outcome.endpointId }]
        : [],
    ),
  };
}

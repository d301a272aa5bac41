import type { Instead } from '@skillora/kafka';

import type { OpenEvent, Slice } from './open-event.js';

/** What is written for a record. `W` is the host's type for a record to write. */
interface Writes<W> {
  readonly writes: readonly W[];
  readonly bytes: number;
  readonly instead?: Instead<W> | undefined;
}

/** What became of a record of a unit, to be written. */
export type Outcome<W> = Writes<W> &
  (
    | /** A delivery of an open event has ended. */
      { readonly kind: 'ended'; readonly event: OpenEvent; readonly endpointId: string }
      /** A record of the events that is no event, or repeats one. */
    | { readonly kind: 'passed'; readonly offset: bigint; readonly entry: DedupeEntry | null }
    /** A record of another topic of the unit is done. */
    | { readonly kind: 'done'; readonly topic: string; readonly offset: bigint }
  );

/** An event that is known, with a digest of its data. */
export interface DedupeEntry {
  readonly entry: string;
  readonly digest: number;
}

/** A slice that a transaction tells, by its report, and in the ledger if the event stays open. */
export interface ToldSlice {
  readonly event: OpenEvent;
  readonly slice: Slice;
}

/** The content of one transaction of a unit. It never changes, also when it has to be written again. */
export interface UnitTransaction<W> {
  readonly outcomes: readonly Outcome<W>[];
  readonly told: readonly ToldSlice[];
  /** The events that have ended with it, in the order of the log. */
  readonly closed: readonly OpenEvent[];
}

/** How much one transaction holds. Kafka aborts one that takes longer than 30 s. */
export interface UnitLimits {
  readonly outcomes: number;
  readonly bytes: number;
}

export const UNIT_LIMITS: UnitLimits = { outcomes: 1_000, bytes: 4 * 1_024 * 1_024 };

/** The size of one endpoint in a report and in the ledger, and of an event in a report, bytes. */
const TOLD_BYTES = 110;

function toldBytes({ untold }: OpenEvent): number {
  return untold.reduce(
    (sum, { endpointIds, filteredIds }) => sum + (1 + endpointIds.length + filteredIds.length) * TOLD_BYTES,
    TOLD_BYTES,
  );
}

/** The event that a report names because of an outcome, if one does. */
export function reportedBy(outcome: Outcome<unknown>): bigint | null {
  if (outcome.kind === 'ended') return outcome.event.offset;
  return outcome.kind === 'passed' && outcome.writes.length > 0 ? outcome.offset : null;
}

/**
 * The next transaction: the events that are due, as many as fit, and the outcomes that fit beside them. Events are divided
 * between transactions where necessary, deliveries never. If not all that are due fit, outcomes of events behind them wait: who
 * reads the reports takes an event for told once a later one of its organisation is.
 * @param due events with slices that must be told now, in order.
 * @returns null when there is nothing to write.
 */
export function cut<W>(
  pending: readonly Outcome<W>[],
  due: readonly OpenEvent[],
  limits: UnitLimits,
): UnitTransaction<W> | null {
  let bytes = 0;
  let firstLeft: bigint | null = null;
  const touched = new Set<OpenEvent>();
  const touch = (event: OpenEvent): void => {
    if (!touched.has(event)) bytes += toldBytes(event);
    touched.add(event);
  };
  for (const event of due) {
    if (touched.size > 0 && (touched.size >= limits.outcomes || bytes > limits.bytes / 2)) {
      firstLeft = event.offset;
      break;
    }
    touch(event);
  }
  const outcomes: Outcome<W>[] = [];
  for (const outcome of pending) {
    if (outcomes.length === limits.outcomes) break;
    const offset = reportedBy(outcome);
    if (firstLeft !== null && offset !== null && offset >= firstLeft) continue;
    if (outcomes.length > 0 && bytes + outcome.bytes > limits.bytes) break;
    bytes += outcome.bytes;
    outcomes.push(outcome);
    if (outcome.kind === 'ended') touch(outcome.event);
  }
  if (outcomes.length === 0 && touched.size === 0) return null;
  const endedOf = Map.groupBy(
    outcomes.flatMap((outcome) => (outcome.kind === 'ended' ? [outcome] : [])),
    ({ event }) => event,
  );
  const inOrder = [...touched].sort((one, other) => (one.offset < other.offset ? -1 : 1));
  return {
    outcomes,
    told: inOrder.flatMap((event) => event.untold.map((slice) => ({ event, slice }))),
    closed: inOrder.filter((event) =>
      event.isOverAfter(new Set(endedOf.get(event)?.map(({ endpointId }) => endpointId))),
    ),
  };
}

/**
 * A transaction that tells and has no outcomes.
 * @param events what to tell; those whose reports were refused come last.
 * @param most how many slices it tells.
 * @returns null when there is nothing to say.
 */
export function cutReports<W>(events: readonly OpenEvent[], most: number): UnitTransaction<W> | null {
  const told: ToldSlice[] = [];
  const closed: OpenEvent[] = [];
  const inOrder = events.toSorted(
    (one, other) => one.refusals - other.refusals || (one.offset < other.offset ? -1 : 1),
  );
  for (const event of inOrder) {
    const slices = event.untold.slice(0, most - told.length);
    told.push(...slices.map((slice) => ({ event, slice })));
    if (event.isOver && slices.length === event.untold.length) closed.push(event);
  }
  if (told.length === 0 && closed.length === 0) return null;
  const byOffset = (one: OpenEvent, other: OpenEvent): number => (one.offset < other.offset ? -1 : 1);
  return { outcomes: [], told, closed: closed.toSorted(byOffset) };
}

/** The records that are done with a transaction, by topic. @param events the topic of the events. */
export function doneBy(
  { outcomes, closed }: UnitTransaction<unknown>,
  events: string,
): ReadonlyMap<string, ReadonlySet<bigint>> {
  const done = new Map([[events, new Set(closed.map(({ offset }) => offset))]]);
  for (const outcome of outcomes) {
    if (outcome.kind === 'ended') continue;
    const topic = outcome.kind === 'passed' ? events : outcome.topic;
    const offsets = done.get(topic) ?? new Set();
    done.set(topic, offsets.add(outcome.offset));
  }
  return done;
}

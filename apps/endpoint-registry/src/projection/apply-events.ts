import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { type Column, names, parameters, values } from './columns.js';
import type { AcceptedEvent } from './facts.js';

/** An accepted event and its position in the log. */
export interface LoggedEvent extends AcceptedEvent {
  readonly logPartition: number;
  readonly logOffset: bigint;
}

const COLUMNS: readonly Column<LoggedEvent>[] = [
  { name: 'organization_id', type: 'uuid', value: (event) => event.organizationId },
  { name: 'id', type: 'uuid', value: (event) => event.id },
  { name: 'event_type', type: 'text', value: (event) => event.eventType },
  { name: 'payload', type: 'text', value: (event) => event.payload },
  { name: 'source', type: 'text', value: (event) => event.source },
  { name: 'source_id', type: 'text', value: (event) => event.sourceId },
  { name: 'occurred_at', type: 'timestamptz', value: (event) => event.occurredAt },
  { name: 'created_at', type: 'timestamptz', value: (event) => event.acceptedAt },
  { name: 'log_partition', type: 'integer', value: (event) => event.logPartition },
  { name: 'log_offset', type: 'bigint', value: (event) => String(event.logOffset) },
];

/** What a row is found by. */
const KEY_COLUMNS = COLUMNS.filter(({ name }) => ['organization_id', 'id', 'created_at'].includes(name));

/**
 * How long the fan-out recognises a repeated event, and so does the projection. An event that is accepted
 * again later is delivered again, so it gets its own row. The partitions of 24 hours are
 * all that must be searched.
 */
const SAME_EVENT_WITHIN = "interval '24 hours'";

/**
 * Adds events that do not exist yet; of several records of one event the first one counts. Almost always one
 * statement is enough. A record that repeats another one of the same transaction has to see the result of that
 * one. A second query finds the repeats that still add a row, so a thousand repeats cost two statements.
 */
export async function applyEvents(client: PoolClient, events: readonly LoggedEvent[]): Promise<void> {
  let waiting = events;
  while (waiting.length > 0) {
    const { firsts, repeats } = firstOfEach(waiting);
    await insert(client, firsts);
    waiting = repeats.length === 0 ? [] : await unknownOf(client, repeats);
  }
}

async function insert(client: PoolClient, events: readonly LoggedEvent[]): Promise<void> {
  await queryPrepared(
    client,
    `INSERT INTO events (${names(COLUMNS)})
     SELECT * FROM unnest(${parameters(COLUMNS)}) AS accepted (${names(COLUMNS)})
      WHERE ${isUnknown(COLUMNS.length)}
     ON CONFLICT DO NOTHING`,
    [...values(COLUMNS, events), ...bounds(events)],
  );
}

/** Those that still add a row: an event may be accepted again after 24 hours. */
async function unknownOf(client: PoolClient, events: readonly LoggedEvent[]): Promise<LoggedEvent[]> {
  const { rows } = await queryPrepared<{ position: string }>(
    client,
    `SELECT position FROM unnest(${parameters(KEY_COLUMNS)}) WITH ORDINALITY AS accepted (${names(KEY_COLUMNS)}, position)
      WHERE ${isUnknown(KEY_COLUMNS.length)} ORDER BY position`,
    [...values(KEY_COLUMNS, events), ...bounds(events)],
  );
  return rows.flatMap(({ position }) => events[Number(position) - 1] ?? []);
}

/**
 * The condition that no row has the event yet. The offset keeps the planner from joining: it would read all recent events
 * of an organisation and compare each of them with each of the records. So each event is looked up by its key.
 * @param before how many parameters come before its two bounds.
 */
function isUnknown(before: number): string {
  return `NOT EXISTS (
        SELECT FROM events AS known
         WHERE known.organization_id = accepted.organization_id AND known.id = accepted.id
           AND known.created_at > accepted.created_at - ${SAME_EVENT_WITHIN}
           AND known.created_at < accepted.created_at + ${SAME_EVENT_WITHIN}
           -- The same for all of them together: it tells which partitions to look into.
           AND known.created_at > $${before + 1}::timestamptz - ${SAME_EVENT_WITHIN}
           AND known.created_at < $${before + 2}::timestamptz + ${SAME_EVENT_WITHIN}
         OFFSET 0)`;
}

/** The first record of each event, ordered by key, so that two instances that insert the same cannot deadlock. */
function firstOfEach(events: readonly LoggedEvent[]): { firsts: LoggedEvent[]; repeats: LoggedEvent[] } {
  const firsts = new Map<string, LoggedEvent>();
  const repeats: LoggedEvent[] = [];
  for (const event of events) {
    const key = `${event.organizationId}/${event.id}`;
    if (firsts.has(key)) repeats.push(event);
    else firsts.set(key, event);
  }
  return { firsts: [...firsts.values()].sort(byKey), repeats };
}

function bounds(events: readonly LoggedEvent[]): [earliest: Date, latest: Date] {
  let [earliest, latest] = [Infinity, -Infinity];
  for (const { acceptedAt } of events) {
    earliest = Math.min(earliest, acceptedAt);
    latest = Math.max(latest, acceptedAt);
  }
  return [new Date(earliest), new Date(latest)];
}

function byKey(a: LoggedEvent, b: LoggedEvent): number {
  if (a.organizationId !== b.organizationId) return a.organizationId < b.organizationId ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

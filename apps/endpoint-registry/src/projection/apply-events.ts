import type { PoolClient } from 'pg';

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

/**
 * How long the fan-out recognises a repeated event, and so does the projection. An event that is accepted
 * again later is delivered again, so it gets its own row. With the same rule in both, nobody has to search
 * all partitions.
 */
const SAME_EVENT_WITHIN = "interval '24 hours'";

/** Adds events that do not exist yet; of several records of one event the first one counts. */
export async function applyEvents(client: PoolClient, events: readonly LoggedEvent[]): Promise<void> {
  for (const turn of inTurns(events)) {
    const [from, to] = [COLUMNS.length + 1, COLUMNS.length + 2];
    await client.query(
      `INSERT INTO events (${names(COLUMNS)})
       SELECT * FROM unnest(${parameters(COLUMNS)}) AS accepted (${names(COLUMNS)})
        WHERE NOT EXISTS (
          SELECT FROM events AS known
           WHERE known.organization_id = accepted.organization_id AND known.id = accepted.id
             AND known.created_at > accepted.created_at - ${SAME_EVENT_WITHIN}
             AND known.created_at < accepted.created_at + ${SAME_EVENT_WITHIN}
             -- The same for all of them together: it tells which partitions to look into.
             AND known.created_at > $${from}::timestamptz - ${SAME_EVENT_WITHIN}
             AND known.created_at < $${to}::timestamptz + ${SAME_EVENT_WITHIN})
       ON CONFLICT DO NOTHING`,
      [...values(COLUMNS, turn), ...bounds(turn)],
    );
  }
}

/**
 * Almost always one pass is enough. A record that repeats another one of the same transaction has to see the
 * result of that one. Within a pass the rows are ordered by key, so that two instances that insert the same
 * events cannot deadlock.
 */
function inTurns(events: readonly LoggedEvent[]): LoggedEvent[][] {
  const turns: LoggedEvent[][] = [];
  const met = new Map<string, number>();
  for (const event of events) {
    const key = `${event.organizationId}/${event.id}`;
    const turn = met.get(key) ?? 0;
    met.set(key, turn + 1);
    (turns[turn] ??= []).push(event);
  }
  return turns.map((turn) => turn.sort(byKey));
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

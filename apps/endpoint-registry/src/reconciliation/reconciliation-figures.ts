import { EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import { InvalidFieldsException } from '@skillora/rest';
import type { PoolClient } from 'pg';

import { gapsNoticedAfter, type NotedGap } from '../projection/log-gaps.js';

/**
 * Records that are younger than this are on their way, not missing. The topics of one transaction are read
 * one after the other, and the audit is some tenths of a second behind.
 */
export const SETTLED_AFTER_SECONDS = 60;
/** How many ids each list of an answer holds at most. */
export const NAMED_AT_MOST = 1_000;
/** A range with more deliveries or events than this is refused, to bound the work of one request. */
export const RECONCILED_AT_MOST = 1_000_000;

/** A delivery that the fan-out created and the audit does not have. */
export interface MissingDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly created_at: Date;
}

/** The state of the events that an organisation had accepted in a time range: figures that must agree. */
export interface ReconciliationFigures {
  /** Events in the audit. */
  readonly events_accepted: number;
  /** Accepted events without a report of the fan-out, but still young enough. */
  readonly events_awaiting_fan_out: number;
  /** Accepted events without a report of the fan-out, although there should be one. */
  readonly events_not_fanned_out: number;
  /** Events with a report of the fan-out that the audit does not have. */
  readonly events_missing: number;
  /** Deliveries in the reports of the fan-out: each has ended, is open, was filtered or is missing. */
  readonly deliveries_expected: number;
  readonly deliveries_ended: number;
  readonly deliveries_open: number;
  /** Deliveries that were not made, because the filter of the endpoint left the event out. */
  readonly deliveries_filtered: number;
  readonly deliveries_missing: number;
  readonly missing_deliveries: readonly MissingDelivery[];
  readonly missing_event_ids: readonly string[];
  readonly not_fanned_out_event_ids: readonly string[];
  /**
   * Gaps in the log that were noticed since the range began: records of any organisation were deleted before
   * the projection had read them.
   */
  readonly log_gaps_count: number;
  readonly log_gaps: readonly NotedGap[];
}

/** What is asked: whose, the range (both ends exclusive), and until when everything must have settled. */
export type Asked = readonly [organizationId: string, after: Date, before: Date, settledBefore: Date];

/**
 * The figures, all read in the transaction of the client.
 * @throws {InvalidFieldsException} when the range holds more than can be reconciled at once.
 */
export async function figuresOf(client: PoolClient, range: Asked): Promise<ReconciliationFigures> {
  const asked = await withinRetention(client, range);
  await demandFeasible(client, asked);
  const events = await eventFigures(client, asked);
  const deliveries = await deliveryFigures(client, asked);
  const missing = deliveries.deliveries_missing === 0 ? [] : await missingDeliveries(client, asked);
  const { count, gaps } = await gapsNoticedAfter(client, asked[1], NAMED_AT_MOST);
  return {
    ...events,
    ...deliveries,
    missing_deliveries: missing,
    log_gaps_count: count,
    log_gaps: gaps,
  };
}

/**
 * Leaves out times whose partitions are being dropped, because partitions are dropped one after the other.
 */
async function withinRetention(
  client: PoolClient,
  [organizationId, after, before, settledBefore]: Asked,
): Promise<Asked> {
  const { rows } = await client.query<{ dropped_before: Date | null }>(
    'SELECT dropped_before FROM retention',
  );
  const earliest = (rows[0]?.dropped_before?.getTime() ?? -Infinity) - 1;
  return [organizationId, new Date(Math.max(after.getTime(), earliest)), before, settledBefore];
}

/**
 * The index has the type as its second column. Naming all types lets the time become a condition of the
 * index.
 */
const ACCEPTED = `organization_id = $1 AND event_type IN (${[...EVENT_TYPES, TEST_EVENT_TYPE].map((type) => `'${type}'`).join(', ')})
  AND created_at > $2 AND created_at < $3`;
const TOLD = 'organization_id = $1 AND accepted_at > $2 AND accepted_at < $3';

async function demandFeasible(client: PoolClient, [organizationId, after, before]: Asked): Promise<void> {
  const limit = RECONCILED_AT_MOST + 1;
  const { rows } = await client.query<{ feasible: boolean }>(
    `SELECT (SELECT count(*) FROM (SELECT FROM events WHERE ${ACCEPTED} LIMIT ${limit}) AS accepted) < ${limit}
        AND (SELECT count(*) + coalesce(sum(deliveries), 0)
               FROM (SELECT cardinality(delivery_ids) + cardinality(filtered_delivery_ids) AS deliveries FROM fan_outs WHERE ${TOLD} LIMIT ${limit}) AS told) < ${2 * limit}
         AS feasible`,
    [organizationId, after, before],
  );
  if (rows[0]?.feasible) return;
  throw new InvalidFieldsException({
    created_after: [
      `The range holds more than ${RECONCILED_AT_MOST} events or deliveries: ask for a shorter one.`,
    ],
  });
}

type EventFigures = Pick<
  ReconciliationFigures,
  | 'events_accepted'
  | 'events_awaiting_fan_out'
  | 'events_not_fanned_out'
  | 'events_missing'
  | 'missing_event_ids'
  | 'not_fanned_out_event_ids'
>;

/**
 * Compares events with the reports of the fan-out, which hold every event that it read and the event's
 * acceptance.
 *
 * Three cases need care. The fan-out also reports repeats, which the audit ignores for a day after the first
 * event: see `apply-events.ts`. Events from before offsets were stored are older than all reports. An event
 * whose deliveries exist was fanned out even without a report, by a dispatcher of an older release.
 */
async function eventFigures(client: PoolClient, asked: Asked): Promise<EventFigures> {
  const named = (from: string): string =>
    `ARRAY(SELECT id::text FROM ${from} ORDER BY at, id LIMIT ${NAMED_AT_MOST})`;
  const { rows } = await client.query<EventFigures>(
    `WITH accepted AS (SELECT id, created_at AS at, log_offset FROM events WHERE ${ACCEPTED}),
          told AS (SELECT event_id AS id, accepted_at AS at FROM fan_outs WHERE ${TOLD} AND part = 0),
          compared AS MATERIALIZED (
            SELECT coalesce(accepted.id, told.id) AS id, coalesce(accepted.at, told.at) AS at,
                   accepted.id IS NOT NULL AS is_accepted,
                   told.id IS NOT NULL OR (accepted.id IS NOT NULL AND accepted.log_offset IS NULL) AS is_told
              FROM accepted FULL JOIN told ON told.id = accepted.id AND told.at = accepted.at),
          not_fanned_out AS (
            SELECT id, at FROM compared
             WHERE NOT is_told AND at < $4
               -- Looked up one by one as well: there are none of them but after such an upgrade.
               AND NOT EXISTS (SELECT FROM deliveries AS made
                                WHERE made.event_id = compared.id AND made.created_at >= compared.at
                                  -- A delivery that a recovery reported says nothing about the fan-out.
                                  AND NOT EXISTS (SELECT FROM fan_outs AS replayed
                                                   WHERE replayed.organization_id = $1
                                                     AND replayed.accepted_at = compared.at
                                                     AND replayed.event_id = compared.id
                                                     AND made.id = ANY(replayed.delivery_ids))
                               OFFSET 0)),
          missing AS (
            SELECT id, at FROM compared
             WHERE NOT is_accepted AND at < $4
               -- The offset keeps the planner from reading all events instead of looking for these few.
               AND NOT EXISTS (SELECT FROM events AS known
                                WHERE known.organization_id = $1 AND known.id = compared.id
                                  AND known.created_at > compared.at - interval '24 hours'
                                  AND known.created_at < compared.at + interval '24 hours' OFFSET 0))
     SELECT (SELECT count(*)::integer FROM compared WHERE is_accepted) AS events_accepted,
            (SELECT count(*)::integer FROM compared WHERE NOT is_told AND at >= $4) AS events_awaiting_fan_out,
            (SELECT count(*)::integer FROM not_fanned_out) AS events_not_fanned_out,
            (SELECT count(*)::integer FROM missing) AS events_missing,
            ${named('missing')} AS missing_event_ids,
            ${named('not_fanned_out')} AS not_fanned_out_event_ids`,
    [...asked],
  );
  const [figures] = rows;
  if (!figures) throw new Error('an aggregate always has a row');
  return figures;
}

/**
 * Each reported delivery with its status. Deliveries are looked up one by one, so the cost depends only on
 * their number.
 */
const EXPECTED = `fan_outs
  CROSS JOIN LATERAL unnest(delivery_ids || filtered_delivery_ids, endpoint_ids || filtered_endpoint_ids) AS made (delivery_id, endpoint_id)
  LEFT JOIN LATERAL (SELECT status FROM deliveries
                      WHERE deliveries.id = made.delivery_id AND deliveries.created_at = fan_outs.made_at
                      LIMIT 1) AS audited ON true`;

type DeliveryFigures = Pick<
  ReconciliationFigures,
  | 'deliveries_expected'
  | 'deliveries_ended'
  | 'deliveries_open'
  | 'deliveries_filtered'
  | 'deliveries_missing'
>;

async function deliveryFigures(client: PoolClient, asked: Asked): Promise<DeliveryFigures> {
  const { rows } = await client.query<DeliveryFigures>(
    `SELECT count(*)::integer AS deliveries_expected,
            count(*) FILTER (WHERE status IN ('success', 'failed'))::integer AS deliveries_ended,
            count(*) FILTER (WHERE status IN ('pending', 'retrying') OR (status IS NULL AND made_at >= $4))::integer
              AS deliveries_open,
            count(*) FILTER (WHERE status = 'filtered')::integer AS deliveries_filtered,
            count(*) FILTER (WHERE status IS NULL AND made_at < $4)::integer AS deliveries_missing
       FROM ${EXPECTED}
      WHERE ${TOLD}`,
    [...asked],
  );
  const [figures] = rows;
  if (!figures) throw new Error('an aggregate always has a row');
  return figures;
}

async function missingDeliveries(client: PoolClient, asked: Asked): Promise<MissingDelivery[]> {
  const { rows } = await client.query<MissingDelivery>(
    `SELECT delivery_id AS id, event_id, endpoint_id, made_at AS created_at
       FROM ${EXPECTED}
      WHERE ${TOLD} AND status IS NULL AND made_at < $4
      ORDER BY accepted_at, event_id, part, delivery_id
      LIMIT ${NAMED_AT_MOST}`,
    [...asked],
  );
  return rows;
}

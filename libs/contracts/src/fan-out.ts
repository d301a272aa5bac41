import { jsonRecordSchema } from './record-schema.js';

/**
 * What the fan-out made of events it read together: of one organisation, in one transaction; or what a replay made of
 * events that an endpoint had missed. It stands on `webhook.fan-outs`, written in the transaction of the deliveries, so that
 * what should be there can be told apart from what is there.
 */
export interface FanOutReport {
  readonly organizationId: string;
  /** The creation of every delivery in it, ISO 8601 in UTC, milliseconds. */
  readonly madeAt: string;
  readonly events: readonly FannedOutEvent[];
}

/** An event that was read, with the deliveries that were made of it; none when nobody subscribes, or it was a repetition. */
export interface FannedOutEvent {
  readonly id: string;
  /** As the event says it. */
  readonly acceptedAt: string;
  /**
   * 0, unless the event has more deliveries than stand in one place: then they are told in parts. What a replay makes
   * later is a part of its own, see {@link replayedPart}.
   */
  readonly part: number;
  readonly deliveryIds: readonly string[];
  /** To whom each of the deliveries goes, in the same order. */
  readonly endpointIds: readonly string[];
}

/** Parts from here on tell of deliveries that replays made; the fan-out has some thousands at most. */
const FIRST_REPLAYED_PART = 2 ** 30;

/**
 * The part of its event as which a delivery is told of that a replay makes: the same however often it is told, another
 * for each endpoint (30 bits of a hash, the delivery's id). All parts are whole numbers that PostgreSQL's `integer` holds.
 */
export function replayedPart(deliveryId: string): number {
  return FIRST_REPLAYED_PART + (Number.parseInt(deliveryId.slice(0, 8), 16) % FIRST_REPLAYED_PART);
}

export const fanOutReportSchema = jsonRecordSchema<FanOutReport>('webhook.fan-out', 1, {
  organizationId: 'string',
  madeAt: 'string',
  events: 'object',
});

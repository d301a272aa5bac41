import { jsonRecordSchema } from './record-schema.js';

/**
 * What the fan-out made of events it read together: of one organisation, in one transaction. It stands on
 * `webhook.fan-outs`, written in the transaction of the deliveries, so that what should be there can be told apart from
 * what is there.
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
  /** 0, unless the event has more deliveries than stand in one place: then they are told in parts. */
  readonly part: number;
  readonly deliveryIds: readonly string[];
  /** To whom each of the deliveries goes, in the same order. */
  readonly endpointIds: readonly string[];
}

export const fanOutReportSchema = jsonRecordSchema<FanOutReport>('webhook.fan-out', 1, {
  organizationId: 'string',
  madeAt: 'string',
  events: 'object',
});

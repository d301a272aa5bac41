import type { EventType } from './event.js';
import { jsonRecordSchema } from './record-schema.js';

/**
 * A report on `webhook.fan-outs`: the deliveries that the fan-out created for events of one organisation in
 * one transaction, or that a recovery created for events that an endpoint had missed. It is written in the
 * transaction of the deliveries. The audit is compared with these reports, to find out whether it is
 * complete.
 */
export interface FanOutReport {
  readonly organizationId: string;
  /** The creation time of every delivery in the report, ISO 8601 in UTC, milliseconds. */
  readonly madeAt: string;
  /**
   * The deliveries are made from the records of their events, so `webhook.deliveries` has no records of them and the audit
   * makes their rows from this report. Absent where a fan-out has written such records, and in records of older releases.
   */
  readonly inPlace?: true;
  readonly events: readonly FannedOutEvent[];
}

/**
 * An event that was read, with the deliveries that were created for it. There are none if nobody subscribes,
 * or if the event was a repeat.
 */
export interface FannedOutEvent {
  readonly id: string;
  /** The value in the event. */
  readonly acceptedAt: string;
  /**
   * 0, unless the event has more deliveries than one record holds: then they are reported in parts.
   * Deliveries of a later recovery are a part of their own, see {@link replayedPart}.
   */
  readonly part: number;
  readonly deliveryIds: readonly string[];
  /** The endpoint of each delivery, in the same order. */
  readonly endpointIds: readonly string[];
  /**
   * The endpoints that subscribe to the event's type and whose filter left the event out. Absent if there are none,
   * and in records of older releases.
   */
  readonly filteredEndpointIds?: readonly string[];
  /** The type of the event; there if `filteredEndpointIds` is, or if there are deliveries in place. */
  readonly eventType?: EventType;
}

/** Parts from here on report deliveries of recoveries; the fan-out uses some thousands at most. */
export const FIRST_REPLAYED_PART = 2 ** 30;

/**
 * The part number for a delivery that a recovery creates. It is the same whenever the delivery is reported, and
 * differs by endpoint (30 bits of a hash of the delivery's id). All part numbers fit into PostgreSQL's
 * `integer`.
 */
export function replayedPart(deliveryId: string): number {
  return FIRST_REPLAYED_PART + (Number.parseInt(deliveryId.slice(0, 8), 16) % FIRST_REPLAYED_PART);
}

export const fanOutReportSchema = jsonRecordSchema<FanOutReport>('webhook.fan-out', 1, {
  organizationId: 'string',
  madeAt: 'string',
  events: 'object',
});

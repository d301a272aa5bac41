import type { EventType } from './event.js';
import { jsonRecordSchema } from './record-schema.js';

/** What started an attempt: the schedule, or a person's request for a retry. */
export type Trigger = 'automatic' | 'manual';

/**
 * One delivery (event × endpoint) to attempt. It is on `webhook.deliveries` when it is to be attempted now,
 * and on `webhook.retries.N` while it waits.
 */
export interface Delivery {
  /** UUIDv5 of event and endpoint, see {@link deliveryId}. */
  readonly deliveryId: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly organizationId: string;
  readonly eventType: EventType;
  /** When the fan-out created the delivery, ISO 8601 in UTC, milliseconds. */
  readonly createdAt: string;
  /** 0 for the automatic schedule. Each manual retry starts a new round, with the schedule from its start. */
  readonly round: number;
  /** The attempt within its round, from 1. Round and step together identify an attempt for ever. */
  readonly step: number;
  readonly trigger: Trigger;
  /**
   * When this attempt is due, ISO 8601 in UTC, milliseconds; for a manual retry, when somebody asked for it.
   */
  readonly dueAt: string;
  /**
   * The version of the endpoint when the delivery was created: an attempt uses this version or a newer one.
   * Absent in records of releases that did not write it.
   */
  readonly endpointVersion?: number | undefined;
  /**
   * How many attempts count as made before this round. Absent in round 0, and in records of releases that did
   * not write it.
   */
  readonly attemptsBefore?: number | undefined;
  /**
   * The recovery that sent this delivery again: it makes way for others of its endpoint. Absent in all others, and in
   * records of releases that did not write it.
   */
  readonly recoveryId?: string | undefined;
  /** The exact body to send. */
  readonly body: string;
}

export const deliverySchema = jsonRecordSchema<Delivery>('webhook.delivery', 1, {
  deliveryId: 'string',
  eventId: 'string',
  endpointId: 'string',
  organizationId: 'string',
  eventType: 'string',
  createdAt: 'string',
  round: 'number',
  step: 'number',
  trigger: 'string',
  dueAt: 'string',
  body: 'string',
});

/** A marker on `webhook.manual-retries`: attempts of earlier rounds of a delivery no longer count. */
export interface ManualRetry {
  readonly deliveryId: string;
  /** The round that the manual retry started, 1 or more. */
  readonly round: number;
  /** ISO 8601 in UTC, milliseconds. */
  readonly requestedAt: string;
}

export const manualRetrySchema = jsonRecordSchema<ManualRetry>('webhook.manual-retry', 1, {
  deliveryId: 'string',
  round: 'number',
  requestedAt: 'string',
});

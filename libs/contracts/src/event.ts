import { NOTICE_TYPES } from './notice.js';
import { jsonRecordSchema } from './record-schema.js';

/** The event types that producers publish. */
export const PRODUCED_EVENT_TYPES = ['interview_completed', 'mock_interview_completed'] as const;
export type ProducedEventType = (typeof PRODUCED_EVENT_TYPES)[number];

/** The event types a customer can subscribe to: those of producers, and notices about endpoints. */
export const EVENT_TYPES = [...PRODUCED_EVENT_TYPES, ...NOTICE_TYPES] as const;
export type SubscribableEventType = (typeof EVENT_TYPES)[number];

/** The type of a test send. Nobody subscribes to it; it is addressed to one endpoint and attempted once. */
export const TEST_EVENT_TYPE = 'test';
export type EventType = SubscribableEventType | typeof TEST_EVENT_TYPE;

/** True for the event types that producers may publish. */
export function isProducedEventType(value: unknown): value is ProducedEventType {
  return (PRODUCED_EVENT_TYPES as readonly unknown[]).includes(value);
}

/** An accepted event in canonical form, on `webhook.events`. */
export interface CanonicalEvent {
  /** UUIDv5 of the CloudEvent's source and id, see {@link eventId}. */
  readonly id: string;
  readonly organizationId: string;
  readonly eventType: EventType;
  /** The CloudEvent's `source` and `id`, kept for producers who look for their event. */
  readonly source: string;
  readonly sourceId: string;
  /** The CloudEvent's `time`, ISO 8601 in UTC, milliseconds. */
  readonly occurredAt: string;
  /** When intake accepted it, ISO 8601 in UTC, milliseconds. */
  readonly acceptedAt: string;
  /** The exact body that every receiver gets. */
  readonly body: string;
  /** Set on test sends: the one endpoint that gets the event, whatever its subscription is. */
  readonly targetEndpointId?: string | undefined;
  /**
   * Set on notices: the endpoint that the notice is about, which never gets it. Absent in records of releases that did
   * not write it.
   */
  readonly aboutEndpointId?: string | undefined;
}

export const canonicalEventSchema = jsonRecordSchema<CanonicalEvent>('webhook.event', 1, {
  id: 'string',
  organizationId: 'string',
  eventType: 'string',
  occurredAt: 'string',
  acceptedAt: 'string',
  body: 'string',
});

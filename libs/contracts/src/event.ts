import { jsonRecordSchema } from './record-schema.js';

/** The event types a customer can subscribe to. */
export const EVENT_TYPES = ['interview_completed', 'mock_interview_completed'] as const;
export type SubscribableEventType = (typeof EVENT_TYPES)[number];

/** The type of a test send. Nobody subscribes to it; it is addressed to one endpoint and attempted once. */
export const TEST_EVENT_TYPE = 'test';
export type EventType = SubscribableEventType | typeof TEST_EVENT_TYPE;

/** True for the event types a customer can subscribe to. */
export function isSubscribableEventType(value: unknown): value is SubscribableEventType {
  return (EVENT_TYPES as readonly unknown[]).includes(value);
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
}

export const canonicalEventSchema = jsonRecordSchema<CanonicalEvent>('webhook.event', 1, {
  id: 'string',
  organizationId: 'string',
  eventType: 'string',
  occurredAt: 'string',
  acceptedAt: 'string',
  body: 'string',
});

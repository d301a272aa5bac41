import type { Delivery } from './delivery.js';
import { jsonRecordSchema } from './record-schema.js';

/** Why an attempt or a delivery failed. Customers see these codes; they are part of the public contract. */
export const ERROR_CODES = [
  'http_status',
  'timeout',
  'connection_refused',
  'connection_reset',
  'connection_failed',
  'dns',
  'tls',
  'blocked_address',
  'redirect',
  'response_too_large',
  'invalid_response',
  'endpoint_deleted',
  'endpoint_inactive',
  'internal',
] as const;
export type DeliveryErrorCode = (typeof ERROR_CODES)[number];

/** The status of a delivery. `pending`: no attempt has ended. `retrying`: the next attempt is scheduled. */
export const DELIVERY_STATUSES = ['pending', 'retrying', 'success', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** The facts of one attempt. */
export interface Attempt {
  /** ISO 8601 in UTC, milliseconds. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The size of the request's body, even if nothing could be sent; absent in records of earlier releases. */
  readonly requestBytes?: number;
  readonly responseStatus: number | null;
  /** The first 4 KiB of the answer as text, without characters that PostgreSQL cannot hold (NUL). */
  readonly responseBody: string | null;
  readonly error: DeliveryErrorCode | null;
  /** What went wrong, in a few sentences a customer understands. */
  readonly errorDetail: string | null;
}

/** One change of a delivery's state, on `webhook.delivery-results`. */
export interface DeliveryResult extends Pick<
  Delivery,
  | 'deliveryId'
  | 'eventId'
  | 'endpointId'
  | 'organizationId'
  | 'eventType'
  | 'createdAt'
  | 'round'
  | 'step'
  | 'trigger'
> {
  /** The status of the delivery after this. */
  readonly status: Exclude<DeliveryStatus, 'pending'>;
  /**
   * The attempt that ended, or null when the delivery ended without one (its endpoint is deleted or
   * inactive).
   */
  readonly attempt: Attempt | null;
  readonly error: DeliveryErrorCode | null;
  /** When the next automatic attempt is due, on `retrying` only; ISO 8601 in UTC, milliseconds. */
  readonly nextRetryAt: string | null;
  /** When this was decided, ISO 8601 in UTC, milliseconds. */
  readonly at: string;
}

export const deliveryResultSchema = jsonRecordSchema<DeliveryResult>('webhook.delivery-result', 1, {
  deliveryId: 'string',
  eventId: 'string',
  endpointId: 'string',
  organizationId: 'string',
  eventType: 'string',
  createdAt: 'string',
  round: 'number',
  step: 'number',
  trigger: 'string',
  status: 'string',
  at: 'string',
});

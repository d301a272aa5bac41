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
  'authentication',
  'endpoint_deleted',
  'endpoint_inactive',
  'event_gone',
  'internal',
] as const;
export type DeliveryErrorCode = (typeof ERROR_CODES)[number];

/** The status of a delivery. `pending`: no attempt has ended. `retrying`: the next attempt is scheduled. */
export const DELIVERY_STATUSES = ['pending', 'retrying', 'success', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * How long each phase of an attempt took, whole ms, rounded down. Null if the phase did not take place or did
 * not end.
 */
export interface AttemptTimings {
  /** Resolving the host name. */
  readonly dns: number | null;
  /** Opening the connection. */
  readonly connect: number | null;
  /** The TLS handshake. */
  readonly tls: number | null;
  /** From the request to the first byte of the answer. */
  readonly firstByte: number | null;
}

/** The facts of one attempt. Optional fields are absent in records of earlier releases. */
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
  /** The value of `X-Webhook-Attempt`: attempts of a delivery are counted from 1, over all rounds. */
  readonly number?: number;
  /** The endpoint's URL as this attempt used it; null if the endpoint was not known. */
  readonly url?: string | null;
  /** The version of the endpoint that this attempt used. */
  readonly endpointVersion?: number | null;
  /** The IP address of the connection, or the last one tried; null if there was none. */
  readonly remoteAddress?: string | null;
  readonly timingsMs?: AttemptTimings;
  /** Headers of the answer, by names in lower case: bounded, without credentials. Null if no answer came. */
  readonly responseHeaders?: Readonly<Record<string, string>> | null;
  /** Fingerprints of the secrets that signed the request, newest first; null if no request was made. */
  readonly signedWith?: readonly string[] | null;
  /**
   * The names of the headers that the request carried beside ours, `Authorization` for a credential among them; absent
   * if there were none, as in records of earlier releases.
   */
  readonly headerNames?: readonly string[];
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
   * inactive, or its event is no longer kept).
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

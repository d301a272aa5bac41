import type { EventType } from './event.js';
import { jsonRecordSchema, recordHeaders, type RecordSchema, RecordSchemaError } from './record-schema.js';
import type { TraceContext } from './trace-context.js';

/** What started an attempt: the schedule, or a person's request for a retry. */
export type Trigger = 'automatic' | 'manual';

/** Where the body of a delivery is that does not hold it: in the record of its event on `webhook.events`. */
export interface EventPlace {
  readonly partition: number;
  /** In decimal digits: a number in JSON is exact up to 2^53 only. */
  readonly offset: string;
  /** The size of the body in UTF-8. */
  readonly bytes: number;
}

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
  /**
   * The exact body to send, or where it is. A release that knows only version 1 refuses a place, because it is no text.
   */
  readonly body: string | EventPlace;
}

const fields = jsonRecordSchema<Delivery>('webhook.delivery', 2, {
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
});

export const deliverySchema: RecordSchema<Delivery> = {
  ...fields,
  decode(bytes) {
    const delivery = fields.decode(bytes);
    if (typeof delivery.body === 'string' || isEventPlace(delivery.body)) return delivery;
    throw new RecordSchemaError(`${fields.name}: field body is neither a string nor the place of an event`);
  },
};

/** The size of the body that a delivery sends, bytes. */
export function bodyBytes({ body }: Pick<Delivery, 'body'>): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.bytes;
}

/** The size of the body that the record of a delivery names and does not hold, bytes. */
export function namedBytes({ body }: Pick<Delivery, 'body'>): number {
  return typeof body === 'string' ? 0 : body.bytes;
}

/** Header: the size of a body that the record names and does not hold. Absent if the record holds it. */
export const BODY_BYTES_HEADER = 'body-bytes';

/** The headers of a delivery's record. */
export function deliveryHeaders(
  { body }: Pick<Delivery, 'body'>,
  trace: TraceContext = {},
): Record<string, string> {
  const headers = recordHeaders(deliverySchema, trace);
  return typeof body === 'string' ? headers : { ...headers, [BODY_BYTES_HEADER]: String(body.bytes) };
}

function isEventPlace(value: unknown): value is EventPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { partition, offset, bytes } = value as Partial<Record<keyof EventPlace, unknown>>;
  return isCount(partition) && isCount(bytes) && typeof offset === 'string' && /^\d{1,19}$/.test(offset);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

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

import {
  canonicalEventSchema,
  type Attempt,
  type CanonicalEvent,
  DELIVERY_STATUSES,
  deliveryId,
  type Delivery,
  type DeliveryErrorCode,
  type DeliveryResult,
  deliveryResultSchema,
  deliverySchema,
  type EventType,
  fanOutReportSchema,
  RecordSchemaError,
  type Trigger,
} from '@skillora/contracts';

import { type AttemptEvidence, readEvidence } from './attempt-evidence.js';
import type { ResultReported, RetryRequested } from './evolve.js';
import {
  errorCode,
  instant,
  list,
  object,
  oneOf,
  optional,
  text,
  uuid,
  uuids,
  wholeNumber,
  withoutNul,
} from './record-fields.js';

/** The fields that every record of a delivery has. */
export interface DeliveryIdentity {
  readonly id: string;
  readonly organizationId: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly eventType: EventType;
  /** Ms since the epoch, like all times here. */
  readonly createdAt: number;
}

/** One attempt that was made, identified by delivery, round and step. */
export interface AttemptMade extends AttemptEvidence {
  readonly round: number;
  readonly step: number;
  readonly trigger: Trigger;
  readonly startedAt: number;
  readonly durationMs: number;
  /** Null when its dispatcher did not record it. */
  readonly requestBytes: number | null;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly error: DeliveryErrorCode | null;
  readonly errorDetail: string | null;
  /** The status of its delivery after the attempt. */
  readonly outcome: AttemptOutcome;
}

/** It succeeded, failed with another attempt to follow, or failed for good. */
export type AttemptOutcome = DeliveryResult['status'];

/** The facts about one delivery in one record. */
export interface DeliveryUpdate {
  readonly identity: DeliveryIdentity;
  /** Null when the record only shows that the delivery exists. */
  readonly fact: RetryRequested | ResultReported | null;
  readonly attempt: AttemptMade | null;
}

/** An accepted event, as its row holds it. */
export interface AcceptedEvent {
  readonly id: string;
  readonly organizationId: string;
  readonly eventType: EventType;
  readonly payload: string;
  readonly source: string;
  readonly sourceId: string;
  readonly occurredAt: number;
  readonly acceptedAt: number;
}

/** The report of the fan-out about an event, or about a part of it. */
export interface FanOutMade {
  readonly organizationId: string;
  readonly eventId: string;
  readonly acceptedAt: number;
  /** The creation time of its deliveries. */
  readonly madeAt: number;
  readonly part: number;
  readonly deliveryIds: readonly string[];
  readonly endpointIds: readonly string[];
  /** `webhook.deliveries` has no records of these deliveries. */
  readonly inPlace: boolean;
  /** The deliveries that were not made, because the filter of the endpoint left the event out. */
  readonly filteredDeliveryIds: readonly string[];
  /** The endpoint of each of them, in the same order. */
  readonly filteredEndpointIds: readonly string[];
  /** The type of the event; null where it is not known. Then nothing was filtered, and nothing is in place. */
  readonly eventType: EventType | null;
}

/**
 * Reads a record of `webhook.events`.
 * @throws {RecordSchemaError} when it does not match the schema, or holds a value that the database cannot
 * store. Such a record would otherwise stop its partition for ever.
 */
export function readEvent(value: Buffer): AcceptedEvent {
  const event: CanonicalEvent = canonicalEventSchema.decode(value);
  return {
    id: uuid('id', event.id),
    organizationId: uuid('organizationId', event.organizationId),
    eventType: withoutNul(event.eventType) as EventType,
    payload: withoutNul(event.body),
    source: withoutNul(text('source', event.source)),
    sourceId: withoutNul(text('sourceId', event.sourceId)),
    occurredAt: instant('occurredAt', event.occurredAt),
    acceptedAt: instant('acceptedAt', event.acceptedAt),
  };
}

/**
 * Reads a record of `webhook.deliveries`. Only the first attempt of a requested round is a new fact; the
 * result that scheduled a retry already announced that retry.
 * @throws {RecordSchemaError} as {@link readEvent}
 */
export function readDelivery(value: Buffer): DeliveryUpdate {
  const delivery: Delivery = deliverySchema.decode(value);
  const round = wholeNumber('round', delivery.round, 0);
  const step = wholeNumber('step', delivery.step, 1);
  const asked = delivery.trigger === 'manual' && round > 0 && step === 1;
  return {
    identity: identityOf(delivery),
    fact: asked ? { kind: 'retry-requested', round, at: instant('dueAt', delivery.dueAt) } : null,
    attempt: null,
  };
}

/**
 * Reads a record of `webhook.delivery-results`.
 * @throws {RecordSchemaError} as {@link readEvent}
 */
export function readDeliveryResult(value: Buffer): DeliveryUpdate {
  const result: DeliveryResult = deliveryResultSchema.decode(value);
  const round = wholeNumber('round', result.round, 0);
  const step = wholeNumber('step', result.step, 1);
  const status = oneOf('status', DELIVERY_STATUSES, result.status);
  if (status === 'pending') throw new RecordSchemaError('field status: no result leaves a delivery pending');
  const attempt = optional(result.attempt, (made) =>
    readAttempt(made, { round, step, trigger: result.trigger, outcome: status }),
  );
  return {
    identity: identityOf(result),
    attempt,
    fact: {
      kind: 'result-reported',
      round,
      step,
      status,
      error: errorCode('error', result.error),
      nextRetryAt: optional(result.nextRetryAt, (at) => instant('nextRetryAt', at)),
      at: instant('at', result.at),
      attempt: attempt && {
        endedAt: attempt.startedAt + attempt.durationMs,
        responseStatus: attempt.responseStatus,
      },
    },
  };
}

/**
 * Reads a record of `webhook.fan-outs`.
 * @throws {RecordSchemaError} as {@link readEvent}
 */
export function readFanOutReport(value: Buffer): FanOutMade[] {
  const { organizationId, madeAt, inPlace, events } = fanOutReportSchema.decode(value);
  const report = {
    organizationId: uuid('organizationId', organizationId),
    madeAt: instant('madeAt', madeAt),
  };
  return list('events', events).map((each) => {
    const event = object('events', each);
    const deliveryIds = uuids('deliveryIds', event.deliveryIds);
    const endpointIds = uuids('endpointIds', event.endpointIds);
    if (deliveryIds.length !== endpointIds.length) {
      throw new RecordSchemaError('fields deliveryIds and endpointIds are not of one length');
    }
    const eventId = uuid('id', event.id);
    const eventType = optional(event.eventType, (type) => withoutNul(text('eventType', type)) as EventType);
    const filtered = optional(event.filteredEndpointIds, (ids) => uuids('filteredEndpointIds', ids)) ?? [];
    if (filtered.length > 0 && eventType === null) {
      throw new RecordSchemaError('field eventType is missing beside filteredEndpointIds');
    }
    if (inPlace === true && deliveryIds.length > 0 && eventType === null) {
      throw new RecordSchemaError('field eventType is missing beside deliveries in place');
    }
    return {
      ...report,
      eventId,
      eventType,
      acceptedAt: instant('acceptedAt', event.acceptedAt),
      part: wholeNumber('part', event.part, 0),
      deliveryIds,
      endpointIds,
      inPlace: inPlace === true,
      filteredDeliveryIds: filtered.map((endpointId) => deliveryId(eventId, endpointId)),
      filteredEndpointIds: filtered,
    };
  });
}

/** What a report says of the deliveries that `webhook.deliveries` has no records of: that they exist. */
export function madeInPlace(made: FanOutMade): DeliveryUpdate[] {
  if (!made.inPlace) return [];
  return identitiesIn(made, made.deliveryIds, made.endpointIds).map((identity) => ({
    identity,
    fact: null,
    attempt: null,
  }));
}

/** Who the deliveries are that a filter left out. */
export function filteredIn(made: FanOutMade): DeliveryIdentity[] {
  return identitiesIn(made, made.filteredDeliveryIds, made.filteredEndpointIds);
}

/** @param endpointIds the endpoint of each delivery, in the same order. */
function identitiesIn(
  { organizationId, eventId, eventType, madeAt: createdAt }: FanOutMade,
  deliveryIds: readonly string[],
  endpointIds: readonly string[],
): DeliveryIdentity[] {
  if (eventType === null) return [];
  return deliveryIds.map((id, index) => {
    const endpointId = endpointIds[index] ?? id;
    return { id, organizationId, eventId, endpointId, eventType, createdAt };
  });
}

function identityOf(record: Delivery | DeliveryResult): DeliveryIdentity {
  return {
    id: uuid('deliveryId', record.deliveryId),
    organizationId: uuid('organizationId', record.organizationId),
    eventId: uuid('eventId', record.eventId),
    endpointId: uuid('endpointId', record.endpointId),
    eventType: withoutNul(record.eventType) as EventType,
    createdAt: instant('createdAt', record.createdAt),
  };
}

function readAttempt(
  attempt: Attempt,
  { round, step, trigger, outcome }: Pick<AttemptMade, 'round' | 'step' | 'trigger' | 'outcome'>,
): AttemptMade {
  return {
    outcome,
    round,
    step,
    trigger: oneOf('trigger', ['automatic', 'manual'], trigger),
    startedAt: instant('attempt.startedAt', attempt.startedAt),
    durationMs: wholeNumber('attempt.durationMs', Math.round(attempt.durationMs), 0),
    requestBytes: optional(attempt.requestBytes, (bytes) => wholeNumber('attempt.requestBytes', bytes, 0)),
    responseStatus: optional(attempt.responseStatus, (status) => wholeNumber('responseStatus', status, 0)),
    responseBody: optional(attempt.responseBody, (body) => withoutNul(text('attempt.responseBody', body))),
    error: errorCode('attempt.error', attempt.error),
    errorDetail: optional(attempt.errorDetail, (detail) => withoutNul(text('attempt.errorDetail', detail))),
    ...readEvidence(attempt),
  };
}

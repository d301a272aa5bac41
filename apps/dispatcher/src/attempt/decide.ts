import {
  type Attempt,
  type Delivery,
  type DeliveryErrorCode,
  type DeliveryResult,
  type EndpointState,
  retryScheduleOf,
  TEST_EVENT_TYPE,
} from '@skillora/contracts';

import { retryDelayMs, type RetrySchedules } from '../retry/schedule.js';

/** The facts of one attempt that decide what happens next. */
export interface AttemptEnd {
  readonly attempt: Attempt;
  /** The receiver answered 410: it is gone for good. */
  readonly gone: boolean;
  /** The delay that the receiver requested with `Retry-After`, ms. */
  readonly retryAfterMs: number | null;
}

/** The result to report, and the next attempt if there is one. */
export interface Decision {
  readonly result: DeliveryResult;
  readonly next: Delivery | null;
}

/**
 * Decides what follows an attempt that ended at `endedAt`. A 2xx is success. Otherwise the schedule that the
 * endpoint has now decides, with three exceptions: the receiver is gone for good, the endpoint was deleted
 * meanwhile, or the delivery is a test send, which gets one attempt.
 * @param endpoint its newest known state; undefined when it is deleted.
 */
export function decideAfterAttempt(
  delivery: Delivery,
  end: AttemptEnd,
  endpoint: Pick<EndpointState, 'retrySchedule'> | undefined,
  schedules: RetrySchedules,
  endedAt: Date,
): Decision {
  const { attempt } = end;
  if (attempt.error === null)
    return { result: resultOf(delivery, 'success', attempt, null, null, endedAt), next: null };
  if (!endpoint) {
    return { result: resultOf(delivery, 'failed', attempt, 'endpoint_deleted', null, endedAt), next: null };
  }
  const delayMs =
    end.gone || delivery.eventType === TEST_EVENT_TYPE
      ? null
      : retryDelayMs(schedules, retryScheduleOf(endpoint), delivery, end.retryAfterMs);
  if (delayMs === null) {
    return { result: resultOf(delivery, 'failed', attempt, attempt.error, null, endedAt), next: null };
  }
  const dueAt = new Date(endedAt.getTime() + delayMs).toISOString();
  return {
    result: resultOf(delivery, 'retrying', attempt, attempt.error, dueAt, endedAt),
    next: { ...delivery, step: delivery.step + 1, trigger: 'automatic', dueAt },
  };
}

/** Ends a delivery without an attempt, because its endpoint is deleted or inactive, or its event is gone. */
export function decideWithoutAttempt(
  delivery: Delivery,
  error: Extract<DeliveryErrorCode, 'endpoint_deleted' | 'endpoint_inactive' | 'event_gone'>,
  now: Date,
): Decision {
  return { result: resultOf(delivery, 'failed', null, error, null, now), next: null };
}

function resultOf(
  delivery: Delivery,
  status: DeliveryResult['status'],
  attempt: Attempt | null,
  error: DeliveryErrorCode | null,
  nextRetryAt: string | null,
  at: Date,
): DeliveryResult {
  const { deliveryId, eventId, endpointId, organizationId, eventType, createdAt, round, step, trigger } =
    delivery;
  return {
    deliveryId,
    eventId,
    endpointId,
    organizationId,
    eventType,
    createdAt,
    round,
    step,
    trigger,
    status,
    attempt,
    error,
    nextRetryAt,
    at: at.toISOString(),
  };
}

import type { Attempt, DeliveryErrorCode } from '@skillora/contracts';

import type { ConnectFailure } from './circuit-breaker.js';
import type { AttemptEffect } from '../queues/concurrency-limit.js';

/** Whether an attempt that failed so has asked its endpoint: has sent it a request, or tried to connect. */
const HAS_ASKED: Readonly<Record<DeliveryErrorCode, boolean>> = {
  http_status: true,
  timeout: true,
  connection_refused: true,
  connection_reset: true,
  connection_failed: true,
  dns: true,
  tls: true,
  redirect: true,
  response_too_large: true,
  invalid_response: true,
  // The token endpoint failed.
  authentication: false,
  blocked_address: false,
  // A fault of ours may come at any time.
  internal: false,
  endpoint_deleted: false,
  endpoint_inactive: false,
  event_gone: false,
};

/** Whether an attempt that ended so says nothing of its endpoint, because the endpoint was not asked. */
export function saysNothing(error: DeliveryErrorCode | null): boolean {
  return error !== null && !HAS_ASKED[error];
}

/**
 * The failure of an attempt that could not connect, so that nothing of its request was sent; null for other
 * attempts.
 */
export function connectFailure(
  { error, errorDetail }: Pick<Attempt, 'error' | 'errorDetail'>,
  requestSent: boolean,
  endedAt: Date,
): ConnectFailure | null {
  if (error === null || requestSent || saysNothing(error)) return null;
  return { error, errorDetail, foundAt: endedAt.getTime() };
}

/** The attempt of a delivery that takes over the failure of another attempt; its detail says so. */
export function sharedFailure({
  error,
  errorDetail,
  foundAt,
}: ConnectFailure): Omit<Attempt, 'startedAt' | 'requestBytes'> {
  const found = new Date(foundAt).toISOString();
  return {
    durationMs: 0,
    responseStatus: null,
    responseBody: null,
    error,
    errorDetail:
      `${errorDetail ?? ''} Another delivery found this at ${found}; this attempt made no connection of its own.`.trim(),
  };
}

/** From here on, an attempt without a token has held its place like one that hangs, ms. */
const LATE_TOKEN_MS = 1_000;

/**
 * What a finished attempt says about its endpoint. One whose token endpoint hangs is as one that hangs itself: it gets
 * fewer places.
 * @param tookMs how long the attempt took.
 */
export function effectOf(
  error: DeliveryErrorCode | null,
  couldNotConnect: boolean,
  tookMs: number,
): AttemptEffect {
  if (error === null) return 'success';
  if (error === 'authentication' && tookMs >= LATE_TOKEN_MS) return 'timeout';
  if (saysNothing(error)) return 'none';
  if (couldNotConnect) return error === 'timeout' ? 'timeout' : 'unreachable';
  return error === 'timeout' ? 'timeout' : 'answered';
}

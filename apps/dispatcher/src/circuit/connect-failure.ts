import type { Attempt, DeliveryErrorCode } from '@skillora/contracts';

import type { ConnectFailure } from './circuit-breaker.js';
import type { AttemptEffect } from '../queues/concurrency-limit.js';

/** Failures that do not say whether the endpoint can be reached, because no connection was tried. */
const NOT_TRIED: ReadonlySet<DeliveryErrorCode> = new Set(['authentication', 'blocked_address', 'internal']);

/**
 * The failure of an attempt that could not connect, so that nothing of its request was sent; null for other
 * attempts.
 */
export function connectFailure(
  { error, errorDetail }: Pick<Attempt, 'error' | 'errorDetail'>,
  requestSent: boolean,
  endedAt: Date,
): ConnectFailure | null {
  if (error === null || requestSent || NOT_TRIED.has(error)) return null;
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

/** What a finished attempt says about its endpoint. */
export function effectOf(error: DeliveryErrorCode | null, couldNotConnect: boolean): AttemptEffect {
  if (error === null) return 'success';
  if (couldNotConnect) return error === 'timeout' ? 'timeout' : 'unreachable';
  return error === 'timeout' ? 'timeout' : 'answered';
}

import type { Attempt, DeliveryErrorCode } from '@skillora/contracts';

import type { ConnectFailure } from './circuit-breaker.js';
import type { AttemptEffect } from './pace.js';

/** Failures that say nothing about whether the endpoint can be reached: no connection was tried. */
const NOT_TRIED: ReadonlySet<DeliveryErrorCode> = new Set(['blocked_address', 'internal']);

/** What an attempt found when no connection could be made, so that nothing of its request was sent; null otherwise. */
export function connectFailure(
  { error, errorDetail }: Pick<Attempt, 'error' | 'errorDetail'>,
  requestSent: boolean,
  endedAt: Date,
): ConnectFailure | null {
  if (error === null || requestSent || NOT_TRIED.has(error)) return null;
  return { error, errorDetail, foundAt: endedAt.getTime() };
}

/** The attempt of a delivery that shares what another attempt has just found, and says so. */
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

/** What an attempt that was made says about its endpoint. */
export function effectOf(error: DeliveryErrorCode | null, couldNotConnect: boolean): AttemptEffect {
  if (error === null) return 'success';
  if (couldNotConnect) return error === 'timeout' ? 'timeout' : 'unreachable';
  return error === 'timeout' ? 'timeout' : 'answered';
}

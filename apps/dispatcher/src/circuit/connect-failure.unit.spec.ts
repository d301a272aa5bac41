import { type DeliveryErrorCode, ERROR_CODES } from '@skillora/contracts';

import type { AttemptEffect } from '../queues/concurrency-limit.js';
import { connectFailure, effectOf, saysNothing } from './connect-failure.js';

/** What each failure says of its endpoint: before a request was sent, and after. */
const SAID: Readonly<Record<DeliveryErrorCode, readonly [AttemptEffect, AttemptEffect]>> = {
  http_status: ['unreachable', 'answered'],
  timeout: ['timeout', 'timeout'],
  connection_refused: ['unreachable', 'answered'],
  connection_reset: ['unreachable', 'answered'],
  connection_failed: ['unreachable', 'answered'],
  dns: ['unreachable', 'answered'],
  tls: ['unreachable', 'answered'],
  redirect: ['unreachable', 'answered'],
  response_too_large: ['unreachable', 'answered'],
  invalid_response: ['unreachable', 'answered'],
  // The endpoint was not asked.
  authentication: ['none', 'none'],
  blocked_address: ['none', 'none'],
  internal: ['none', 'none'],
  endpoint_deleted: ['none', 'none'],
  endpoint_inactive: ['none', 'none'],
  event_gone: ['none', 'none'],
};

describe('what an attempt says of its endpoint', () => {
  it.each(ERROR_CODES)('is decided for the failure %s', (error) => {
    const said = [false, true].map((wasSent) => {
      const failure = connectFailure({ error, errorDetail: null }, wasSent, new Date(0));
      return effectOf(error, failure !== null, 999);
    });
    expect(said).toEqual(SAID[error]);
  });

  it.each(ERROR_CODES)('is nothing if and only if the endpoint was not asked: %s', (error) => {
    expect(saysNothing(error)).toBe(SAID[error][0] === 'none');
    if (saysNothing(error)) {
      expect(connectFailure({ error, errorDetail: null }, false, new Date(0))).toBeNull();
    }
  });

  it('is that its places are held for long when no token came within a second', () => {
    expect([999, 1_000, 30_000].map((tookMs) => effectOf('authentication', false, tookMs))).toEqual([
      'none',
      'timeout',
      'timeout',
    ]);
  });

  it('is that it can be reached when an attempt succeeded', () => {
    expect(connectFailure({ error: null, errorDetail: null }, true, new Date(0))).toBeNull();
    expect([effectOf(null, false, 2_000), saysNothing(null)]).toEqual(['success', false]);
  });
});

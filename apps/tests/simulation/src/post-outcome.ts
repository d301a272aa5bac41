import type { DeliveryErrorCode } from '@skillora/contracts';
import type { PostedAttempt } from '@skillora/dispatcher/simulation-exports';

import type { ServerAnswer } from './customer-server.js';

/** What a dispatcher finds out from the answer of a customer's server. Times are ms since the epoch. */
export function postOutcomeOf(answer: ServerAnswer, startedAt: number, endedAt: number): PostedAttempt {
  return {
    startedAt: new Date(startedAt),
    durationMs: endedAt - startedAt,
    requestSent: answer.refused !== true,
    responseStatus: answer.status,
    responseBody: null,
    responseHeaders: null,
    remoteAddress: null,
    timingsMs: { dns: null, connect: null, tls: null, firstByte: null },
    error: answer.refused ? 'connection_refused' : errorOf(answer.status),
    errorDetail: null,
    gone: answer.status === 410,
    retryAfterMs: answer.retryAfterMs,
  };
}

function errorOf(status: number | null): DeliveryErrorCode | null {
  if (status === null) return 'timeout';
  return status >= 200 && status < 300 ? null : 'http_status';
}

import type { PostedAttempt } from '../deliver/deliver-ports.js';

/** An attempt that was answered with 200 at once, when the clock began. */
export const ANSWERED: PostedAttempt = {
  startedAt: new Date(0),
  durationMs: 0,
  requestSent: true,
  responseStatus: 200,
  responseBody: null,
  responseHeaders: null,
  error: null,
  errorDetail: null,
  remoteAddress: null,
  timingsMs: { dns: null, connect: null, tls: null, firstByte: null },
  gone: false,
  retryAfterMs: null,
};

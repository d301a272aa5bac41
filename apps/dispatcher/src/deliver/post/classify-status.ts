import { STATUS_CODES } from 'node:http';

import type { Failure } from './classify-failure.js';

/**
 * What an answer's status means: null for any 2xx, which is success whatever the body and whether or not all of it came.
 * 304 is no redirect but an answer to a question we do not ask, so it counts as any other status.
 */
export function classifyStatus(status: number): Failure | null {
  if (status >= 200 && status <= 299) return null;
  const name = STATUS_CODES[status];
  const told = name === undefined ? `status ${status}` : `status ${status} (${name})`;
  if (status >= 300 && status <= 399 && status !== 304) {
    return {
      error: 'redirect',
      errorDetail: `The server answered with a redirect, ${told}, and redirects are not followed.`,
    };
  }
  return { error: 'http_status', errorDetail: `The server answered with ${told}.` };
}

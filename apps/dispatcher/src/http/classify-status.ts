import { STATUS_CODES } from 'node:http';

import type { Failure } from './classify-failure.js';
import { redirectTarget } from './redirect-target.js';

/** The parts of a request and its answer that explain the answer's status. */
export interface Circumstances {
  /** The URL that was posted to. */
  readonly url: string;
  readonly requestBytes: number;
  /** The answer's `Location`. */
  readonly location: string | string[] | undefined;
}

const NOT_AUTHORIZED =
  "It may have refused the signature: check that it verifies with the endpoint's present secret, over the exact bytes of the body.";

/** What a customer can do about a status, or should know, if its name alone does not say so. */
const ADVICE = new Map<number, (circumstances: Circumstances) => string>([
  [401, () => NOT_AUTHORIZED],
  [403, () => NOT_AUTHORIZED],
  [405, () => 'Webhooks are sent by POST, which it does not take at this path.'],
  [410, () => 'It says that it is gone for good, so no further attempt is made.'],
  [
    413,
    ({ requestBytes }) =>
      `The body has ${requestBytes.toLocaleString('en-US')} bytes, more than it takes. Such limits are set in its framework ` +
      '(Express and NestJS: 100 kB unless changed), or in a proxy in front of it (nginx: 1 MB).',
  ],
  [415, () => 'Webhooks are sent as application/json, which it does not take.'],
]);

/**
 * What an answer's status means. It is null for any 2xx, which is success whatever the body is and even if
 * the body is incomplete. 304 is no redirect but the answer to a conditional request, which is never sent, so
 * it counts like any other status.
 */
export function classifyStatus(status: number, circumstances: Circumstances): Failure | null {
  if (status >= 200 && status <= 299) return null;
  const name = STATUS_CODES[status];
  const named = name === undefined ? `status ${status}` : `status ${status} (${name})`;
  if (status >= 300 && status <= 399 && status !== 304) {
    const target = redirectTarget(circumstances.location, circumstances.url);
    const where = target === null ? '' : ` to ${target}`;
    return {
      error: 'redirect',
      errorDetail: `The server answered with a redirect, ${named}${where}, and redirects are not followed.`,
    };
  }
  const advice = ADVICE.get(status)?.(circumstances);
  const answered = `The server answered with ${named}.`;
  return { error: 'http_status', errorDetail: advice === undefined ? answered : `${answered} ${advice}` };
}

import { isJsonObject } from '@skillora/contracts';

import { tokenLifeMs } from './token-life.js';

/** A longer token fits the headers of few servers, characters. */
export const LONGEST_TOKEN = 8_192;
/** `b64token` of RFC 6750, 2.1, and what else servers use: visible ASCII. */
const TOKEN = /^[!-~]+$/;

/** The error codes of a token endpoint, and what they mean to a customer (RFC 6749, 5.2). */
const ERRORS: ReadonlyMap<unknown, string> = new Map([
  ['invalid_request', 'it found the request invalid (invalid_request)'],
  ['invalid_client', 'it did not accept the client id or the client secret (invalid_client)'],
  ['invalid_grant', 'it did not accept the grant (invalid_grant)'],
  ['unauthorized_client', 'the client may not ask for a token in this way (unauthorized_client)'],
  ['unsupported_grant_type', 'it does not support client credentials (unsupported_grant_type)'],
  ['invalid_scope', 'it did not accept the scope (invalid_scope)'],
  ['invalid_target', 'it did not accept the audience (invalid_target)'],
]);

/** What a token endpoint answered. */
export interface TokenEndpointAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** True when the body is longer, or should have been. */
  readonly isCut: boolean;
}

export type ReadToken =
  | { readonly accessToken: string; readonly lifeMs: number }
  /** What went wrong: the end of a sentence, without anything that the server wrote. */
  | { readonly problem: string; readonly isClientRefused: boolean };

/** Reads the answer of a token endpoint (RFC 6749, 5.1 and 5.2). Nothing of its text gets into a problem. */
export function readTokenAnswer({ status, body, isCut }: TokenEndpointAnswer): ReadToken {
  const problem = (text: string, isClientRefused = false): ReadToken => ({ problem: text, isClientRefused });
  const fields = isCut ? null : jsonObject(body);
  if (status >= 300 && status < 400) {
    return problem(`it redirects with status ${status}, and redirects are not followed`);
  }
  if (status !== 200) {
    const code = fields?.['error'];
    const known = ERRORS.get(code);
    const text = `it answered with status ${status}${known === undefined ? '' : `: ${known}`}`;
    return problem(text, status === 401 || code === 'invalid_client' || code === 'invalid_request');
  }
  if (isCut) return problem('its answer is too long, or ended early');
  if (fields === null) return problem('its answer is not a JSON object');
  const { access_token: accessToken, token_type: type, expires_in: expiresIn } = fields;
  if (typeof accessToken !== 'string' || !TOKEN.test(accessToken) || accessToken.length > LONGEST_TOKEN) {
    return problem('its answer has no access token that a header can carry');
  }
  // Required, yet some servers leave it out.
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) {
    return problem('its token is not of the type Bearer');
  }
  return { accessToken, lifeMs: tokenLifeMs(expiresIn) };
}

function jsonObject(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const HEADER = 'x-request-id';
/** What systems on the way use: UUIDs, ULIDs, base64, names with a path. Nothing that a log or page could misread. */
const SANE = /^[\w.:/+=@~-]{1,128}$/;

/**
 * The id of a request: what it brought as `X-Request-Id`, if that is 1 to 128 letters, digits and `._:/+=@~-`; else one
 * that is made for it.
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[HEADER];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

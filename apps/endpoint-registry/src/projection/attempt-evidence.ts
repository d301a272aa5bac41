import { type Attempt, RecordSchemaError } from '@skillora/contracts';

import { headerLines } from './header-lines.js';
import { list, object, optional, text, wholeNumber, withoutNul } from './record-fields.js';

/** The evidence of an attempt, as its row holds it. Null if it does not exist or was not recorded. */
export interface AttemptEvidence {
  readonly number: number | null;
  readonly url: string | null;
  readonly remoteAddress: string | null;
  readonly endpointVersion: number | null;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
  /** One line for each header. */
  readonly responseHeaders: string | null;
  /** Fingerprints with spaces between them. */
  readonly signedWith: string | null;
  /** Names of extra headers with spaces between them. */
  readonly headerNames: string | null;
}

const FINGERPRINT = /^[0-9a-f]{8}$/;
/** No space and no control character is in a name. */
const HEADER_NAME = /^[!-~]+$/;

/** @throws {RecordSchemaError} when a field is present but invalid. */
export function readEvidence(attempt: Attempt): AttemptEvidence {
  const timings = optional(attempt.timingsMs, (each) => object('attempt.timingsMs', each));
  const ms = (name: 'dns' | 'connect' | 'tls' | 'firstByte'): number | null =>
    optional(timings?.[name], (value) => wholeNumber(`attempt.timingsMs.${name}`, value, 0));
  return {
    number: optional(attempt.number, (value) => wholeNumber('attempt.number', value, 1)),
    url: optional(attempt.url, (value) => withoutNul(text('attempt.url', value))),
    remoteAddress: optional(attempt.remoteAddress, (value) =>
      withoutNul(text('attempt.remoteAddress', value)),
    ),
    endpointVersion: optional(attempt.endpointVersion, (value) =>
      wholeNumber('attempt.endpointVersion', value, 0),
    ),
    dnsMs: ms('dns'),
    connectMs: ms('connect'),
    tlsMs: ms('tls'),
    firstByteMs: ms('firstByte'),
    responseHeaders: optional(attempt.responseHeaders, (value) =>
      headerLines(
        Object.entries(object('attempt.responseHeaders', value)).map(([name, each]) => [
          name,
          text('attempt.responseHeaders', each),
        ]),
      ),
    ),
    // An empty text would read as one fingerprint.
    signedWith: optional(
      attempt.signedWith,
      (value) => list('attempt.signedWith', value).map(fingerprint).join(' ') || null,
    ),
    headerNames: optional(
      attempt.headerNames,
      (value) => list('attempt.headerNames', value).map(headerName).join(' ') || null,
    ),
  };
}

function headerName(value: unknown): string {
  if (!HEADER_NAME.test(text('attempt.headerNames', value))) {
    throw new RecordSchemaError('field attempt.headerNames does not hold names of headers');
  }
  return value as string;
}

function fingerprint(value: unknown): string {
  if (!FINGERPRINT.test(text('attempt.signedWith', value))) {
    throw new RecordSchemaError('field attempt.signedWith does not hold fingerprints');
  }
  return value as string;
}

import type { DeliveryErrorCode } from '@skillora/contracts';

import { HeadersTooLongError, InvalidAnswerError, NoAnswerInReadingError } from './answer-errors.js';

/** The failure of an attempt: the code of the public contract and one sentence for the customer. */
export interface Failure {
  readonly error: DeliveryErrorCode;
  readonly errorDetail: string;
}

/** The attempt's time ran out. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';

  constructor(
    readonly timeoutMs: number,
    /** True once a connection was open and the request was being sent. */
    readonly wasSent: boolean,
  ) {
    super(`the attempt took longer than ${timeoutMs} ms`);
  }
}

/** The endpoint's URL breaks a present rule, even if it was allowed when it was registered. */
export class TargetNotAllowedError extends Error {
  override readonly name = 'TargetNotAllowedError';
}

const failure = (error: DeliveryErrorCode, errorDetail: string): Failure => ({ error, errorDetail });

const REFUSED = failure('connection_refused', 'The server refused the connection.');
const RESET = failure('connection_reset', 'The server closed the connection before it answered.');
const UNREACHABLE = failure('connection_failed', 'The server could not be reached over the network.');
const NO_CONNECTION_IN_TIME = failure('timeout', 'No connection to the server could be made in time.');
const NO_SUCH_HOST = failure('dns', "The server's host name could not be found.");
const NAME_SERVER_FAILED = failure(
  'dns',
  "The server's host name could not be looked up: its name server failed.",
);
const NO_TLS = failure(
  'tls',
  'No secure connection could be made: the server did not complete the TLS handshake.',
);
const OLD_TLS = failure('tls', 'The server does not speak TLS 1.2 or newer.');
const INTERNAL = failure('internal', 'The attempt failed for a reason on our side.');

/** System errors (errno names) and undici's, by code. */
const BY_CODE: ReadonlyMap<string, Failure> = new Map([
  [
    'EBLOCKED',
    failure('blocked_address', 'The host leads to an address that is private, local or reserved.'),
  ],
  ['ECONNREFUSED', REFUSED],
  ['ECONNRESET', RESET],
  ['EPIPE', RESET],
  ['ECONNABORTED', RESET],
  ['ETIMEDOUT', NO_CONNECTION_IN_TIME],
  ['UND_ERR_CONNECT_TIMEOUT', NO_CONNECTION_IN_TIME],
  ['EHOSTUNREACH', UNREACHABLE],
  ['ENETUNREACH', UNREACHABLE],
  ['EHOSTDOWN', UNREACHABLE],
  ['ENETDOWN', UNREACHABLE],
  ['ENETRESET', UNREACHABLE],
  ['EACCES', UNREACHABLE],
  ['EPERM', UNREACHABLE],
  ['EADDRNOTAVAIL', UNREACHABLE],
  ['EAFNOSUPPORT', UNREACHABLE],
  ['ENOTFOUND', NO_SUCH_HOST],
  ['ENODATA', NO_SUCH_HOST],
  ['EBADNAME', NO_SUCH_HOST],
  ['ESERVFAIL', NAME_SERVER_FAILED],
  ['EREFUSED', NAME_SERVER_FAILED],
  ['EFORMERR', NAME_SERVER_FAILED],
  ['ENOTIMP', NAME_SERVER_FAILED],
  ['EBADRESP', NAME_SERVER_FAILED],
  ['ETIMEOUT', NAME_SERVER_FAILED],
  ['ECANCELLED', NAME_SERVER_FAILED],
  ['EPROTO', NO_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', failure('tls', 'The server does not speak TLS on this port.')],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', OLD_TLS],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', OLD_TLS],
  [
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    failure('tls', 'The server does not speak HTTP/1.1 over TLS; a server of HTTP/2 alone is not supported.'),
  ],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    failure('tls', 'The server demands a client certificate, and webhooks are sent without one.'),
  ],
  ['CERT_HAS_EXPIRED', failure('tls', "The server's TLS certificate has expired.")],
  ['CERT_NOT_YET_VALID', failure('tls', "The server's TLS certificate is not valid yet.")],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    failure('tls', "The server's TLS certificate was issued for another host name."),
  ],
]);

const UNTRUSTED = failure(
  'tls',
  "The server's TLS certificate is not trusted: it is self-signed, or its chain is incomplete.",
);
const BAD_CERTIFICATE = failure('tls', "The server's TLS certificate is not valid.");

/** OpenSSL's names for a chain that does not end at a trusted authority (X509_V_ERR_*). */
const UNTRUSTED_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);
const BAD_CERTIFICATE_CODES =
  /^(?:CERT_|CRL_|UNABLE_TO_|ERROR_IN_CERT|INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)/;

/**
 * What a thrown value means for the customer. It never throws. Its sentence contains nothing of the error's
 * own text: no addresses, no code names, no stack. An unknown value is `internal`.
 */
export function classifyFailure(thrown: unknown): Failure {
  if (thrown instanceof AttemptTimeoutError) return timedOut(thrown);
  if (thrown instanceof NoAnswerInReadingError) {
    return failure(
      'response_too_large',
      `The server sent more than ${thrown.limitBytes / 1_024} KiB, and no answer was in it.`,
    );
  }
  if (thrown instanceof HeadersTooLongError) {
    return failure(
      'response_too_large',
      `The headers of the server's answer exceed ${thrown.limitBytes / 1_024} KiB.`,
    );
  }
  if (thrown instanceof InvalidAnswerError) {
    return failure('invalid_response', `The server's answer was not valid HTTP: ${thrown.problem}.`);
  }
  if (thrown instanceof TargetNotAllowedError) return failure('blocked_address', thrown.message);
  const { code, message } = telling(thrown);
  // Node reports a handshake that was cut short as a reset; customers look for it in their TLS configuration.
  if (code === 'ECONNRESET' && message.includes('secure TLS connection')) return NO_TLS;
  return (
    BY_CODE.get(code) ??
    (code.startsWith('EAI_') ? NAME_SERVER_FAILED : null) ??
    (UNTRUSTED_CODES.has(code) ? UNTRUSTED : null) ??
    (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') ? NO_TLS : null) ??
    (BAD_CERTIFICATE_CODES.test(code) ? BAD_CERTIFICATE : INTERNAL)
  );
}

/**
 * The strings of an error that identify it. For an error about several addresses of a name: those of the
 * first blocked address, or else of the first one. The error is read by shape and not by class, because code
 * in another context (as in tests) has its own error classes.
 */
function telling(thrown: unknown): TellingStrings {
  const { errors } = Object(thrown) as { errors?: unknown };
  const several = Array.isArray(errors) ? errors.map(tellingStrings) : [];
  return several.find(({ code }) => code === 'EBLOCKED') ?? several[0] ?? tellingStrings(thrown);
}

interface TellingStrings {
  readonly code: string;
  readonly message: string;
}

function tellingStrings(thrown: unknown): TellingStrings {
  const { code, message } = Object(thrown) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { code: text(code), message: text(message) };
}

function timedOut({ timeoutMs, wasSent }: AttemptTimeoutError): Failure {
  const limit = timeoutMs % 1_000 === 0 ? `${timeoutMs / 1_000} s` : `${timeoutMs} ms`;
  return failure(
    'timeout',
    wasSent
      ? `The server did not answer within ${limit}.`
      : `No connection to the server could be made within ${limit}.`,
  );
}

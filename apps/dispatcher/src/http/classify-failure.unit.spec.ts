import { ERROR_CODES } from '@skillora/contracts';
import { BlockedAddressError } from '@skillora/egress';
import fc from 'fast-check';
import { errors } from 'undici';

import {
  ConnectionLostError,
  HeadersTooLongError,
  InvalidAnswerError,
  NoAnswerInReadingError,
} from './answer-errors.js';
import { AttemptTimeoutError, classifyFailure, TargetNotAllowedError } from './classify-failure.js';

const coded = (code: string, message = 'internals at 10.1.2.3:443'): Error =>
  Object.assign(new Error(message), { code });

describe('a failure', () => {
  it.each([
    ['connection_refused', 'ECONNREFUSED'],
    ['connection_reset', 'ECONNRESET'],
    ['connection_reset', 'EPIPE'],
    ['connection_failed', 'EHOSTUNREACH'],
    ['connection_failed', 'ENETUNREACH'],
    ['connection_failed', 'EACCES'],
    ['timeout', 'ETIMEDOUT'],
    ['dns', 'ENOTFOUND'],
    ['dns', 'EAI_AGAIN'],
    ['dns', 'EAI_NODATA'],
    ['dns', 'ESERVFAIL'],
    ['dns', 'ETIMEOUT'],
    ['tls', 'CERT_HAS_EXPIRED'],
    ['tls', 'CERT_NOT_YET_VALID'],
    ['tls', 'CERT_REVOKED'],
    ['tls', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['tls', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['tls', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['tls', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['tls', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ['tls', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
    ['tls', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'],
    ['tls', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
    ['tls', 'EPROTO'],
    ['internal', 'EMFILE'],
    ['internal', 'ERR_ASSERTION'],
    ['internal', 'UND_ERR_DESTROYED'],
  ])('is %s for %s', (error, code) => {
    expect(classifyFailure(coded(code)).error).toBe(error);
  });

  it('is connection_reset when the connection was lost', () => {
    expect(classifyFailure(new ConnectionLostError()).error).toBe('connection_reset');
  });

  it('is timeout when the connector took too long', () => {
    expect(classifyFailure(new errors.ConnectTimeoutError()).error).toBe('timeout');
  });

  it('is invalid_response, and says why, when the answer is no HTTP', () => {
    expect(classifyFailure(new InvalidAnswerError('it has two heads'))).toEqual({
      error: 'invalid_response',
      errorDetail: "The server's answer was not valid HTTP: it has two heads.",
    });
  });

  it('is response_too_large when the headers are too long', () => {
    expect(classifyFailure(new HeadersTooLongError(16_384))).toEqual({
      error: 'response_too_large',
      errorDetail: "The headers of the server's answer exceed 16 KiB.",
    });
  });

  it('is tls when the connection ended within the handshake', () => {
    const message = 'Client network socket disconnected before secure TLS connection was established';
    expect(classifyFailure(coded('ECONNRESET', message)).error).toBe('tls');
  });

  it('is blocked_address when the egress rules refuse', () => {
    expect(classifyFailure(new BlockedAddressError('a.test', '10.0.0.1', 'Private-Use')).error).toBe(
      'blocked_address',
    );
    expect(classifyFailure(new TargetNotAllowedError('The URL must start with https://.'))).toEqual({
      error: 'blocked_address',
      errorDetail: 'The URL must start with https://.',
    });
  });

  it('is response_too_large, and says how much came, when there was no end of bytes and no answer', () => {
    expect(classifyFailure(new NoAnswerInReadingError(262_144))).toEqual({
      error: 'response_too_large',
      errorDetail: 'The server sent more than 256 KiB, and no answer was in it.',
    });
  });

  it('is timeout, and says whether there was a connection', () => {
    expect(classifyFailure(new AttemptTimeoutError(30_000, true))).toEqual({
      error: 'timeout',
      errorDetail: 'The server did not answer within 30 s.',
    });
    expect(classifyFailure(new AttemptTimeoutError(1_500, false))).toEqual({
      error: 'timeout',
      errorDetail: 'No connection to the server could be made within 1500 ms.',
    });
  });

  it('of several addresses is that of the first, unless one was blocked', () => {
    const refused = coded('ECONNREFUSED');
    const unreachable = coded('ENETUNREACH');
    const blocked = new BlockedAddressError('a.test', '::1', 'Loopback');
    expect(classifyFailure(new AggregateError([refused, unreachable])).error).toBe('connection_refused');
    expect(classifyFailure(new AggregateError([unreachable, refused, blocked])).error).toBe(
      'blocked_address',
    );
    expect(classifyFailure(new AggregateError([])).error).toBe('internal');
  });

  it('is one sentence without internals, and a code of the contract, whatever was thrown', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.string().map((code) => coded(code)),
      fc
        .constantFrom('ECONNREFUSED', 'EAI_FAIL', 'EPROTO', 'CERT_HAS_EXPIRED', 'X')
        .map((code) => coded(code)),
      fc.anything().map((code) => ({ code, name: code, message: code, errors: [code] })),
    );
    fc.assert(
      fc.property(thrown, (value) => {
        const { error, errorDetail } = classifyFailure(value);
        expect(ERROR_CODES).toContain(error);
        expect(errorDetail).toMatch(/^[A-Z][^\n]*[^.]\.$/);
        expect(errorDetail).not.toMatch(/10\.1\.2\.3|undici|node:|E[A-Z]{4}/);
      }),
    );
  });
});

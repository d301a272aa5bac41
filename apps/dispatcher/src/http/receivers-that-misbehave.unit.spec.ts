import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';

import { parseCidrs, type Resolver } from '@skillora/egress';
import { RECEIVER_CERTIFICATE, waitFor } from '@skillora/testing';

import { answer, type Behaviour, flood, RawReceiver, trickle } from './testing/raw-receiver.js';
import { EXPIRED, SELF_SIGNED } from './testing/certificates.js';
import { type PostOutcome, WebhookPoster } from './webhook-poster.js';

/**
 * Of an attempt that only its time limit ends, and of all others, which a slow machine must not take for
 * such.
 */
const [WAITED_MS, LIMIT_MS] = [1_000, 30_000];
/** What a receiver may have written into the buffers of both sides before its connection is closed. */
const BUFFERED_BYTES = 16 * 1_048_576;

/** A receiver, and what an attempt at it comes to. */
interface Misbehaviour {
  /** What it does with a request; nothing unless given. */
  readonly request?: Behaviour;
  /** What it does with a connection before any request. */
  readonly connected?: (socket: Socket) => void;
  /** Whether it is called by https; it speaks TLS if these are given, and plain TCP if not. */
  readonly https?: TlsOptions | 'without TLS';
  readonly host?: string;
  readonly outcome: Partial<PostOutcome>;
  /** Nothing but the time limit ends the attempt. */
  readonly waits?: true;
  /** It has kept to HTTP, so that its connection may be used again. */
  readonly keepsConnection?: true;
}

const says =
  (bytes: string | Buffer): Behaviour =>
  (socket) =>
    socket.write(bytes);
const ends =
  (bytes: string | Buffer): Behaviour =>
  (socket) =>
    socket.end(bytes);
const begins =
  (bytes: string, goesOn: (socket: Socket) => void): Behaviour =>
  (socket) => {
    socket.write(bytes);
    goesOn(socket);
  };
/** Writes these bytes one by one. */
const dribbles =
  (bytes: Buffer): Behaviour =>
  (socket) => {
    let next = 0;
    const write = (): void => {
      if (next < bytes.length && socket.writable)
        socket.write(bytes.subarray(next, ++next), () => setImmediate(write));
    };
    socket.setNoDelay(true);
    write();
  };

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const succeeded = (responseBody: unknown = expect.any(String)): Partial<PostOutcome> => ({
  responseStatus: 200,
  responseBody: responseBody as string,
  error: null,
  errorDetail: null,
});
const failed = (error: PostOutcome['error'], detail: RegExp): Partial<PostOutcome> => ({
  responseStatus: null,
  responseBody: null,
  error,
  errorDetail: expect.stringMatching(detail) as string,
});
const answered = (status: number, error: PostOutcome['error'], detail: RegExp): Partial<PostOutcome> => ({
  responseStatus: status,
  error,
  errorDetail: expect.stringMatching(detail) as string,
});
const late = failed('timeout', /^The server did not answer within 1 s\.$/);
const notConnected = failed('timeout', /^No connection to the server could be made within 1 s\.$/);
const reset = failed('connection_reset', /closed the connection before it answered/);
const notHttp = failed('invalid_response', /was not valid HTTP/);
const tooLarge = failed('response_too_large', /headers of the server's answer exceed 16 KiB/);
const noAnswerInIt = failed('response_too_large', /more than 256 KiB, and no answer was in it/);
const handshakeFailed = failed('tls', /did not complete the TLS handshake/);

const WAITING: Record<string, Misbehaviour> = {
  'says nothing': { outcome: late },
  'reads nothing': { connected: (socket) => socket.pause(), outcome: late },
  'sends a whole answer a byte at a time': {
    request: dribbles(answer('200 OK', 'slowly', 'X-Much: of this')),
    outcome: succeeded('slowly'),
    keepsConnection: true,
  },
  'sends its headers a byte at a time, without end': {
    request: begins(`${OK}X-Slow: `, (socket) => trickle(socket, 'x')),
    outcome: late,
  },
  'sends its status a byte at a time, without end': {
    request: begins('HTTP/1.1 200 ', (socket) => trickle(socket, 'x')),
    outcome: late,
  },
  'sends its body a byte at a time, without end': {
    request: begins(CHUNKED, (socket) => trickle(socket, '1\r\nx\r\n')),
    outcome: succeeded(expect.stringMatching(/^x+$/)),
  },
  'sends its body a byte at a time, without end, after a failure': {
    request: begins('HTTP/1.1 500 No\r\n\r\n', (socket) => trickle(socket, 'x')),
    outcome: answered(500, 'http_status', /500/),
  },
  'goes silent within its body': {
    request: says(`${OK}Content-Length: 10\r\n\r\nhalf`),
    outcome: succeeded('half'),
  },
  'sends early hints, for ever': {
    request: (socket) => trickle(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
    outcome: late,
  },
  'says that it is processing, for ever': {
    request: (socket) => trickle(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
    outcome: late,
  },
};

const FLOODING: Record<string, Misbehaviour> = {
  'with headers': { request: begins(OK, (socket) => flood(socket, 'A: b\r\n')), outcome: tooLarge },
  'with one header': { request: begins(`${OK}A: `, (socket) => flood(socket, 'x')), outcome: tooLarge },
  'with the name of a header': { request: begins(OK, (socket) => flood(socket, 'x')), outcome: tooLarge },
  'with its reason phrase': {
    request: begins('HTTP/1.1 200 ', (socket) => flood(socket, 'x')),
    outcome: tooLarge,
  },
  'with line ends before its status': { request: (socket) => flood(socket, '\r\n'), outcome: noAnswerInIt },
  'with informational answers': {
    request: (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
    outcome: noAnswerInIt,
  },
  'with its body': {
    request: begins(CHUNKED, (socket) => flood(socket, '4\r\nabcd\r\n')),
    outcome: succeeded(),
  },
  'with a body without an end': {
    request: begins('HTTP/1.1 200 OK\r\n\r\n', (socket) => flood(socket, 'x')),
    outcome: succeeded('x'.repeat(4_096)),
  },
  'with the extension of a chunk': {
    request: begins(`${CHUNKED}1;a=`, (socket) => flood(socket, 'x')),
    outcome: succeeded(),
  },
  'with trailers': {
    request: begins(`${CHUNKED}1\r\nx\r\n0\r\n`, (socket) => flood(socket, 'A: b\r\n')),
    outcome: succeeded('x'),
  },
  'before it was asked anything': {
    connected: (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    outcome: expect.objectContaining({ responseStatus: null }) as Partial<PostOutcome>,
  },
  'with noise within the handshake': {
    connected: (socket) => flood(socket, 'noise'),
    https: 'without TLS',
    outcome: failed('tls', /does not speak TLS on this port/),
  },
};

const BREAKING_OFF: Record<string, Misbehaviour> = {
  'when it is connected to': { connected: (socket) => socket.end(), outcome: reset },
  'by a reset when it is connected to': { connected: (socket) => socket.resetAndDestroy(), outcome: reset },
  'when it has the request': { request: (socket) => socket.end(), outcome: reset },
  'by a reset when it has the request': { request: (socket) => socket.resetAndDestroy(), outcome: reset },
  'after an informational answer': { request: ends('HTTP/1.1 102 Processing\r\n\r\n'), outcome: reset },
  'within the handshake': {
    connected: (socket) => socket.end(),
    https: 'without TLS',
    outcome: handshakeFailed,
  },
  'by a reset within the handshake': {
    connected: (socket) => socket.resetAndDestroy(),
    https: 'without TLS',
    outcome: reset,
  },
  'within its body': {
    request: ends(`${OK}Content-Length: 100\r\n\r\npartial`),
    outcome: succeeded('partial'),
  },
  'within a chunk': { request: ends(`${CHUNKED}7\r\npart`), outcome: succeeded('part') },
};

const NOT_HTTP: Record<string, Misbehaviour> = Object.fromEntries(
  Object.entries({
    'the greeting of SSH': 'SSH-2.0-OpenSSH_9.6\r\n',
    'the greeting of SMTP': '220 mail.example.com ESMTP\r\n',
    'a page without headers': '<html>It works!</html>\r\n',
    'the first frame of HTTP/2': Buffer.from('000000040000000000', 'hex'),
    'a version that there is not': 'HTTP/9.9 200 OK\r\n\r\n',
    'a status that is none': 'HTTP/1.1 abc\r\n\r\n',
    'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
    'a status of one digit': 'HTTP/1.1 2 OK\r\n\r\n',
    'an upgrade nobody asked for':
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    'two lengths': `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    'a negative length': `${OK}Content-Length: -1\r\n\r\n`,
    'a length that is none': `${OK}Content-Length: many\r\n\r\n`,
    'a length beyond all numbers': `${OK}Content-Length: 99999999999999999999999\r\n\r\n`,
    'a header without a colon': `${OK}nonsense\r\n\r\n`,
    'NUL in a header': `${OK}X-Nul: a\0b\r\n\r\n`,
    'NUL in the name of a header': `${OK}X-\0: a\r\n\r\n`,
    'NUL alone': Buffer.alloc(64),
  }).map(([what, bytes]) => [what, { request: ends(bytes), outcome: notHttp }]),
);

const ODD: Record<string, Misbehaviour> = {
  'chunks of no size': { request: ends(`${CHUNKED}xyz\r\n`), outcome: succeeded('') },
  'a chunk larger than all numbers': {
    request: ends(`${CHUNKED}${'F'.repeat(40)}\r\n`),
    outcome: succeeded(''),
  },
  'a chunk longer than it says': {
    request: ends(`${CHUNKED}3\r\nabcdef\r\n0\r\n\r\n`),
    outcome: succeeded('abc'),
  },
  'a body of NUL and of what is not UTF-8': {
    request: says(answer('200 OK', Buffer.from([0x61, 0x00, 0xff, 0xc3, 0x28]))),
    outcome: succeeded(`a\uFFFD\uFFFD\uFFFD(`),
    keepsConnection: true,
  },
  'headers that are not UTF-8': {
    request: says(answer('200 OK', 'fine', 'X-Name: caf\xe9 \xff\xfe')),
    outcome: succeeded('fine'),
    keepsConnection: true,
  },
  'a bomb of gzip': {
    request: says(answer('200 OK', gzipSync(Buffer.alloc(10_000_000)), 'Content-Encoding: gzip')),
    outcome: succeeded(expect.stringContaining('\u001f\uFFFD')),
    keepsConnection: true,
  },
  'a compression that it has not': {
    request: says(answer('200 OK', 'plain', 'Content-Encoding: gzip, br, zstd')),
    outcome: succeeded('plain'),
    keepsConnection: true,
  },
  'a redirect to the inside': {
    request: says(answer('307 Temporary Redirect', '', 'Location: http://169.254.169.254/latest/meta-data')),
    outcome: answered(307, 'redirect', /redirects are not followed/),
    keepsConnection: true,
  },
  'a redirect to nothing that is a URL': {
    request: says(answer('301 Moved Permanently', '', 'Location: http://\xff:x/')),
    outcome: answered(301, 'redirect', /redirects are not followed/),
    keepsConnection: true,
  },
  'that nothing was modified': {
    request: says('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'),
    outcome: answered(304, 'http_status', /304 \(Not Modified\)/),
    keepsConnection: true,
  },
  'that it is gone': {
    request: says(answer('410 Gone')),
    outcome: { ...answered(410, 'http_status', /410 \(Gone\)/), gone: true },
    keepsConnection: true,
  },
  'a status that there is not': {
    request: says(answer('999 Whatever')),
    outcome: answered(999, 'http_status', /999/),
    keepsConnection: true,
  },
  'two answers to one request': {
    request: says(Buffer.concat([answer('200 OK', 'one'), answer('500 No', 'two')])),
    outcome: succeeded('one'),
  },
  'an answer of HTTP/1.0': { request: ends('HTTP/1.0 200 OK\r\n\r\nold'), outcome: succeeded('old') },
};

const inAMinute = (): Date => new Date(Date.now() + 60_000);
const RETRY_AFTER: Record<string, { headers: () => string[]; ms: unknown }> = {
  'in seconds': { headers: () => ['Retry-After: 120'], ms: 120_000 },
  'in seconds, in another spelling of the name': { headers: () => ['rEtRy-AfTeR:120'], ms: 120_000 },
  'of nothing': { headers: () => ['Retry-After: 0'], ms: 0 },
  'of a day': { headers: () => ['Retry-After: 86400'], ms: 3_600_000 },
  'beyond all numbers': { headers: () => [`Retry-After: ${'9'.repeat(400)}`], ms: 3_600_000 },
  'as a date': {
    headers: () => [`Retry-After: ${inAMinute().toUTCString()}`],
    ms: expect.closeTo(59_000, -4),
  },
  'as a date of the past': { headers: () => ['Retry-After: Sun, 06 Nov 1994 08:49:37 GMT'], ms: 0 },
  "as a date in RFC 850's form": { headers: () => ['Retry-After: Sunday, 06-Nov-94 08:49:37 GMT'], ms: 0 },
  "as a date in asctime's form": { headers: () => ['Retry-After: Sun Nov  6 08:49:37 1994'], ms: 0 },
  'given twice: the longer holds': { headers: () => ['Retry-After: 60', 'Retry-After: 120'], ms: 120_000 },
  'given twice, once readable': { headers: () => ['Retry-After: soon', 'Retry-After: 120'], ms: 120_000 },
  'below nothing': { headers: () => ['Retry-After: -1'], ms: null },
  'in words': { headers: () => ['Retry-After: in a while'], ms: null },
  'that is empty': { headers: () => ['Retry-After:'], ms: null },
  'that is not UTF-8': { headers: () => ['Retry-After: \xff\xfe12'], ms: null },
};

const OVER_TLS: Record<string, Misbehaviour> = {
  'that has expired': {
    https: { cert: EXPIRED.certificate, key: EXPIRED.key },
    outcome: failed('tls', /certificate has expired/),
  },
  'that is self-signed': {
    https: { cert: SELF_SIGNED.certificate, key: SELF_SIGNED.key },
    outcome: failed('tls', /not trusted: it is self-signed/),
  },
  'for another host': {
    https: {},
    host: 'other.test',
    outcome: failed('tls', /issued for another host name/),
  },
};
const OTHERWISE_OVER_TLS: Record<string, Misbehaviour> = {
  'speaks TLS 1.1 at most': {
    https: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' },
    outcome: failed('tls', /does not speak TLS 1\.2 or newer/),
  },
  'speaks TLS 1.0 alone': {
    https: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
    outcome: failed('tls', /does not speak TLS 1\.2 or newer/),
  },
  'speaks HTTP/2 alone': {
    https: { ALPNProtocols: ['h2'] },
    outcome: failed('tls', /does not speak HTTP\/1\.1 over TLS/),
  },
  'demands a client certificate': {
    https: { requestCert: true, rejectUnauthorized: true, ca: RECEIVER_CERTIFICATE, minVersion: 'TLSv1.3' },
    outcome: failed('tls', /demands a client certificate/),
  },
  'speaks plain HTTP there': {
    https: 'without TLS',
    connected: (socket) => socket.end(answer('400 Bad Request')),
    outcome: failed('tls', /does not speak TLS on this port/),
  },
  'is silent there': { https: 'without TLS', outcome: notConnected, waits: true },
  'breaks off its answer there': {
    https: {},
    request: ends('HTTP/1.1 200'),
    outcome: reset,
  },
  'floods its answer there': {
    https: {},
    request: (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    outcome: noAnswerInIt,
  },
};

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

const receivers: RawReceiver[] = [];
const posters: WebhookPoster[] = [];

function poster(timeoutMs = LIMIT_MS): WebhookPoster {
  const made = new WebhookPoster({
    timeoutMs,
    policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') },
    connectionsPerOrigin: 1,
    resolver: toLoopback,
    certificateAuthorities: [RECEIVER_CERTIFICATE, EXPIRED.authority],
  });
  posters.push(made);
  return made;
}

async function receiver(...of: Parameters<typeof RawReceiver.listen>): Promise<RawReceiver> {
  const started = await RawReceiver.listen(...of);
  receivers.push(started);
  return started;
}

const post = (by: WebhookPoster, url: string): Promise<PostOutcome> =>
  by.post({ url, body: '{"event":"test"}', headers: { 'content-type': 'application/json' } });

/** Makes one attempt at the receiver, and looks that nothing of it is left but what was recorded. */
async function expectOutcome({
  request = () => undefined,
  connected,
  https,
  host,
  outcome: expected,
  waits,
  keepsConnection,
}: Misbehaviour): Promise<void> {
  let written = 0;
  const tls = typeof https === 'object' ? https : undefined;
  const server = await receiver(request, tls ? 'https' : 'http', {
    tls,
    connected: (socket) => {
      socket.on('close', () => (written = socket.bytesWritten));
      connected?.(socket);
    },
  });
  const url = server.url('/hook', host ?? 'receiver.test');
  const by = poster(waits && WAITED_MS);
  const outcome = await post(by, https ? url.replace('http:', 'https:') : url);

  expect(outcome).toMatchObject(expected);
  expect(server.requests.length).toBeLessThanOrEqual(1);
  expect(server.connections).toBeLessThanOrEqual(1);
  if (keepsConnection) await by.close();
  // One that does not read does not see the end of its connection either.
  for (const socket of server.open) socket.resume();
  await waitFor(async () => (await server.openConnections()) === 0);
  expect(written).toBeLessThan(BUFFERED_BYTES);
}

afterEach(async () => {
  await Promise.all(receivers.splice(0).map((each) => each.close()));
  await Promise.all(posters.splice(0).map((each) => each.close()));
});

describe('a receiver ends an attempt in time, whose connection is gone afterwards, when it', () => {
  it.each(Object.entries(WAITING))('%s', (_, each) => expectOutcome({ ...each, waits: true }));
});

describe('a receiver that floods us is cut off', () => {
  it.each(Object.entries(FLOODING))('%s', (_, each) => expectOutcome(each));
});

describe('a receiver breaks off', () => {
  it.each(Object.entries(BREAKING_OFF))('%s', (_, each) => expectOutcome(each));

  const whole = answer('200 OK', 'thanks', 'X-Much: of this');
  const endOfHead = whole.indexOf('\r\n\r\n') + 4;
  const endings: Record<string, (socket: Socket, part: Buffer) => void> = {
    close: (socket, part) => socket.end(part),
    reset: (socket, part) => socket.write(part, () => socket.resetAndDestroy()),
  };

  it.each(Object.entries(endings))('after every byte of its answer by a %s', async (how, end) => {
    for (let length = 0; length < whole.length; length++) {
      const server = await receiver((socket) => end(socket, whole.subarray(0, length)));
      const outcome = await post(poster(), server.url());
      // A reset can overtake what was sent before it.
      const mayBeLost = length < endOfHead || how === 'reset';
      expect(outcome).toMatchObject(mayBeLost && outcome.responseStatus === null ? reset : succeeded());
      if (length < endOfHead) expect(outcome.responseStatus).toBeNull();
      expect(server.requests).toHaveLength(1);
      await waitFor(async () => (await server.openConnections()) === 0);
    }
  });

  it.each(['http', 'https'] as const)(
    'after every byte of its answer over an %s connection that stood idle: never tried again',
    async (scheme) => {
      for (const length of [0, 1, 9, 12, 13, endOfHead - 1, endOfHead, whole.length - 1]) {
        const server = await receiver((socket, { connection }) => {
          if (server.requests.length === 2) socket.end(whole.subarray(0, length));
          else socket.write(answer('200 OK', `over connection ${connection}`));
        }, scheme);
        const by = poster();
        const url = server.url('/hook', 'receiver.test');
        expect(await post(by, url)).toMatchObject(succeeded('over connection 0'));
        const outcome = await post(by, url);
        if (length < endOfHead) expect(outcome).toMatchObject(reset);
        else expect(outcome).toMatchObject(succeeded());
        expect(server.requests).toHaveLength(2);
      }
    },
  );
});

describe('a receiver does not answer in HTTP but with', () => {
  it.each(Object.entries(NOT_HTTP))('%s', (_, each) => expectOutcome(each));
});

describe('a receiver answers with', () => {
  it.each(Object.entries(ODD))('%s', (_, each) => expectOutcome(each));

  it('two answers, and the second is not taken for that to the next request', async () => {
    const server = await receiver((socket, { connection }) => {
      socket.write(answer('200 OK', `over connection ${connection}`));
      socket.write(answer('500 No', 'smuggled'));
    });
    const by = poster();
    for (let i = 0; i < 3; i++) {
      expect(await post(by, server.url())).toMatchObject(
        succeeded(expect.stringMatching(/^over connection/)),
      );
    }
  });
});

describe.each(['429 Too Many Requests', '503 Service Unavailable'])('a receiver answers %s and', (status) => {
  it.each(Object.entries(RETRY_AFTER))('Retry-After %s', async (_, { headers, ms }) => {
    await expectOutcome({
      request: says(answer(status, '', ...headers())),
      outcome: { ...answered(Number(status.slice(0, 3)), 'http_status', /./), retryAfterMs: ms as number },
      keepsConnection: true,
    });
  });
});

describe('a receiver called by https', () => {
  it.each(Object.entries(OVER_TLS))('has a certificate %s', (_, each) => expectOutcome(each));
  it.each(Object.entries(OTHERWISE_OVER_TLS))('%s', (_, each) => expectOutcome(each));
});

import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';

import { parseCidrs, type Resolver } from '@skillora/egress';
import { RECEIVER_CERTIFICATE, waitFor } from '@skillora/testing';

import { answer, type Behaviour, RawReceiver, trickle } from './testing/raw-receiver.js';
import { type PostOutcome, WebhookPoster, type WebhookPosterOptions } from './webhook-poster.js';

const LOOPBACK = { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8,::1/128') };
const BODY = '{"event":"test","data":{"name":"Zoë"}}';
const HEADERS = { 'Content-Type': 'application/json', 'X-Webhook-Event': 'test' };

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

const receivers: RawReceiver[] = [];
const posters: WebhookPoster[] = [];

async function receiver(behaviour: Behaviour, scheme?: 'http' | 'https'): Promise<RawReceiver> {
  const started = await RawReceiver.listen(behaviour, scheme);
  receivers.push(started);
  return started;
}

function poster(options: Partial<WebhookPosterOptions> = {}): WebhookPoster {
  const made = new WebhookPoster({
    timeoutMs: 5_000,
    policy: LOOPBACK,
    connectionsPerOrigin: 4,
    ...options,
  });
  posters.push(made);
  return made;
}

const post = (by: WebhookPoster, url: string): Promise<PostOutcome> =>
  by.post({ url, body: BODY, headers: HEADERS });

/** Posts once to a receiver of this behaviour. */
async function postTo(
  behaviour: Behaviour,
  options: Partial<WebhookPosterOptions> = {},
): Promise<PostOutcome> {
  return post(poster(options), (await receiver(behaviour)).url());
}

afterEach(async () => {
  // Receivers first: closing a poster waits for what is in flight.
  await Promise.all(receivers.splice(0).map((each) => each.close()));
  await Promise.all(posters.splice(0).map((each) => each.close()));
});

describe('a post', () => {
  it('sends the exact bytes, the headers given, and nothing that asks for compression', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const body = Buffer.from([0x00, 0xff, 0x7b, 0x0d, 0x0a]);
    await poster().post({ url: server.url('/a%20b?c=d&e#fragment'), body, headers: HEADERS });
    const [{ head, body: received } = { head: '', body: Buffer.alloc(0) }] = server.requests;
    expect(received).toEqual(body);
    const [requestLine, ...headers] = head.split('\r\n');
    expect(requestLine).toBe('POST /a%20b?c=d&e HTTP/1.1');
    expect(headers.map((line) => line.toLowerCase()).sort()).toEqual([
      'connection: keep-alive',
      'content-length: 5',
      'content-type: application/json',
      `host: 127.0.0.1:${server.port}`,
      'x-webhook-event: test',
    ]);
  });

  it('succeeds on 200 and keeps the body', async () => {
    const before = Date.now();
    const outcome = await postTo((socket) => socket.write(answer('200 OK', 'thank you')));
    expect(outcome).toMatchObject({
      responseStatus: 200,
      responseBody: 'thank you',
      error: null,
      errorDetail: null,
      retryAfterMs: null,
      gone: false,
    });
    expect(Number.isInteger(outcome.durationMs)).toBe(true);
    expect(outcome.durationMs).toBeLessThanOrEqual(Date.now() - before + 1);
  });

  it.each(['201 Created', '202 Accepted', '204 No Content', '299 Whatever'])(
    'succeeds on %s',
    async (status) => {
      const outcome = await postTo((socket) =>
        socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`),
      );
      expect(outcome).toMatchObject({
        responseStatus: Number(status.slice(0, 3)),
        responseBody: '',
        error: null,
      });
    },
  );

  it('passes over informational answers', async () => {
    const outcome = await postTo((socket) =>
      socket.write(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), answer('200 OK')])),
    );
    expect(outcome).toMatchObject({ responseStatus: 200, error: null });
  });

  it.each([
    ['400 Bad Request', 'The server answered with status 400 (Bad Request).'],
    ['404 Not Found', 'The server answered with status 404 (Not Found).'],
    ['500 Oops', 'The server answered with status 500 (Internal Server Error).'],
    ['599 Unheard Of', 'The server answered with status 599.'],
    ['304 Not Modified', 'The server answered with status 304 (Not Modified).'],
  ])('fails with http_status on %s', async (status, errorDetail) => {
    const outcome = await postTo((socket) => socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`));
    expect(outcome).toMatchObject({
      responseStatus: Number(status.slice(0, 3)),
      error: 'http_status',
      errorDetail,
      gone: false,
    });
  });

  it('hears that the receiver is gone for good from 410', async () => {
    const outcome = await postTo((socket) => socket.write(answer('410 Gone', 'moved away')));
    expect(outcome).toMatchObject({ responseStatus: 410, error: 'http_status', gone: true });
  });

  it.each([
    ['429 Too Many Requests', 120_000],
    ['503 Service Unavailable', 120_000],
    ['500 Internal Server Error', null],
    ['200 OK', null],
  ])('heeds Retry-After on 429 and 503 alone: %s', async (status, retryAfterMs) => {
    const outcome = await postTo((socket) => socket.write(answer(status, '', 'Retry-After: 120')));
    expect(outcome.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    '301 Moved Permanently',
    '302 Found',
    '303 See Other',
    '307 Temporary Redirect',
    '308 Permanent Redirect',
  ])('does not follow %s', async (status) => {
    const server = await receiver((socket) =>
      socket.write(answer(status, '', `Location: ${server.url('/elsewhere')}`)),
    );
    const outcome = await post(poster(), server.url());
    expect(outcome).toMatchObject({ responseStatus: Number(status.slice(0, 3)), error: 'redirect' });
    expect(outcome.errorDetail).toMatch(/redirects are not followed/);
    expect(server.requests).toHaveLength(1);
  });

  it('takes a redirect without Location for a redirect too', async () => {
    expect(await postTo((socket) => socket.write(answer('301 Moved Permanently')))).toMatchObject({
      responseStatus: 301,
      error: 'redirect',
    });
  });
});

describe('the body of an answer', () => {
  it('is kept to its first 4 KiB', async () => {
    const outcome = await postTo((socket) => socket.write(answer('200 OK', 'x'.repeat(20_000))));
    expect(outcome).toMatchObject({ responseBody: 'x'.repeat(4_096), error: null });
  });

  it('is text that PostgreSQL can hold, whatever the bytes', async () => {
    const bytes = Buffer.from([0x61, 0x00, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x7a]);
    const { responseBody } = await postTo((socket) => socket.write(answer('200 OK', bytes)));
    expect(responseBody).not.toContain('\0');
    expect(responseBody?.isWellFormed()).toBe(true);
    expect(responseBody).toMatch(/^a\uFFFD+\(\uFFFD+z$/);
  });

  it('is never decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const { responseBody, error } = await postTo((socket) =>
      socket.write(answer('200 OK', bomb, 'Content-Encoding: gzip')),
    );
    expect(error).toBeNull();
    expect(Buffer.byteLength(responseBody ?? '')).toBeLessThan(3 * 4_096);
    expect(responseBody?.startsWith('\u001f\uFFFD')).toBe(true);
  });

  it('is not read beyond 64 KiB: the connection is closed, and the status decides', async () => {
    for (const [status, error] of [
      ['200 OK', null],
      ['500 Internal Server Error', 'http_status'],
    ] as const) {
      let written = 0;
      const server = await receiver((socket) => {
        socket.write(`HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\n\r\n`);
        const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
        const write = (): void => {
          while (socket.writable && socket.write(chunk)) written += 0x4000;
        };
        socket.on('drain', write);
        write();
      });
      const outcome = await post(poster(), server.url());
      expect(outcome).toMatchObject({ responseStatus: Number(status.slice(0, 3)), error });
      expect(outcome.responseBody).toBe('x'.repeat(4_096));
      await waitFor(() => server.open.size === 0);
      // What the sockets' buffers of both sides hold may be on the way; 64 MiB may not.
      expect(written).toBeLessThan(16 * 1_048_576);
    }
  });

  it('that trickles without end does not outlast the time limit, and the status decides', async () => {
    const server = await receiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      trickle(socket, '1\r\nx\r\n');
    });
    const by = poster({ timeoutMs: 1_000 });
    // On a slow machine the time may be over before the status is there: then it is another's turn.
    const outcome = await waitFor(async () => {
      const posted = await post(by, server.url());
      return posted.responseStatus !== null && posted;
    });
    expect(outcome).toMatchObject({ responseStatus: 200, error: null });
    expect(outcome.responseBody).toMatch(/^x+$/);
    expect(outcome.durationMs).toBeGreaterThanOrEqual(995);
    await waitFor(() => server.open.size === 0);
  });

  it.each([
    ['cut off', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial'],
    ['badly chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\nnonsense\r\n'],
  ])('that is %s leaves a 2xx a success, with what had come', async (_, bytes) => {
    const outcome = await postTo((socket) => socket.end(bytes));
    expect(outcome).toMatchObject({ responseStatus: 200, responseBody: 'partial', error: null });
  });

  it('that is cut off leaves a failure the failure its status says', async () => {
    const outcome = await postTo((socket) =>
      socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nsorry'),
    );
    expect(outcome).toMatchObject({ responseStatus: 502, responseBody: 'sorry', error: 'http_status' });
  });
});

describe('a receiver that does not answer', () => {
  it('by refusing the connection fails with connection_refused', async () => {
    const server = await RawReceiver.listen(() => undefined);
    const url = server.url();
    await server.close();
    expect(await post(poster(), url)).toMatchObject({
      responseStatus: null,
      responseBody: null,
      error: 'connection_refused',
      errorDetail: 'The server refused the connection.',
    });
  });

  it.each<[string, Behaviour]>([
    ['closing the connection', (socket) => socket.end()],
    ['resetting the connection', (socket) => socket.resetAndDestroy()],
    ['closing it within the status line', (socket) => socket.end('HTTP/1.1 2')],
    ['closing it within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
  ])('by %s fails with connection_reset', async (_, behaviour) => {
    const server = await receiver(behaviour);
    expect(await post(poster(), server.url())).toMatchObject({
      responseStatus: null,
      error: 'connection_reset',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('by silence fails with timeout, and its connection is closed', async () => {
    const server = await receiver(() => undefined);
    // Long enough for a busy machine to make the connection.
    const outcome = await post(poster({ timeoutMs: 4_000 }), server.url());
    expect(outcome).toMatchObject({
      responseStatus: null,
      error: 'timeout',
      errorDetail: 'The server did not answer within 4 s.',
    });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(3_995);
    await waitFor(() => server.open.size === 0);
  });

  it('by a trickle of headers fails with timeout', async () => {
    const server = await receiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      trickle(socket, 'A: b\r\n');
    });
    expect(await post(poster({ timeoutMs: 200 }), server.url())).toMatchObject({ error: 'timeout' });
    await waitFor(() => server.open.size === 0);
  });

  it('by a trickle of informational answers fails with timeout', async () => {
    const outcome = await postTo((socket) => trickle(socket, 'HTTP/1.1 102 Processing\r\n\r\n'), {
      timeoutMs: 200,
    });
    expect(outcome).toMatchObject({ responseStatus: null, error: 'timeout' });
  });

  it('by headers without end fails with response_too_large, and its connection is closed', async () => {
    const server = await receiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      trickle(socket, `X-Padding: ${'x'.repeat(4_000)}\r\n`);
    });
    expect(await post(poster(), server.url())).toMatchObject({
      responseStatus: null,
      error: 'response_too_large',
      errorDetail: "The headers of the server's answer exceed 16 KiB.",
    });
    await waitFor(() => server.open.size === 0);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['nonsense', 'HTTP/1.1 abc\r\n\r\n'],
    [
      'an upgrade nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  ])('in HTTP but with %s fails with invalid_response', async (_, bytes) => {
    expect(await postTo((socket) => socket.end(bytes))).toMatchObject({
      responseStatus: null,
      error: 'invalid_response',
    });
  });
});

describe('an attempt', () => {
  it.each<[string, Behaviour]>([
    ['answered', (socket) => socket.write(answer('200 OK'))],
    ['refused by its status', (socket) => socket.write(answer('500 Internal Server Error'))],
    ['reset', (socket) => socket.resetAndDestroy()],
    ['never answered', () => undefined],
  ])('tells that its request was sent when it is %s', async (_, behaviour) => {
    expect(await postTo(behaviour, { timeoutMs: 4_000 })).toMatchObject({ requestSent: true });
  });

  it('tells that its request was not sent when no connection could be made', async () => {
    const closed = await RawReceiver.listen(() => undefined);
    const closedUrl = closed.url();
    await closed.close();
    const tls = await receiver((socket) => socket.write(answer('200 OK')), 'https');
    const unresolved: Resolver = () => undefined;
    const outcomes = await Promise.all([
      post(poster(), closedUrl),
      post(poster(), 'http://10.0.0.1/hook'),
      post(poster(), tls.url()),
      post(poster({ resolver: unresolved, timeoutMs: 100 }), 'http://receiver.test/'),
    ]);
    expect(outcomes.map(({ error, requestSent }) => [error, requestSent])).toEqual([
      ['connection_refused', false],
      ['blocked_address', false],
      ['tls', false],
      ['timeout', false],
    ]);
  });
});

describe('over TLS, a receiver', () => {
  const tls = { resolver: toLoopback, certificateAuthorities: [RECEIVER_CERTIFICATE] };

  it('with a certificate for its name from a trusted authority is posted to', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')), 'https');
    expect(await post(poster(tls), server.url('/hook', 'receiver.test'))).toMatchObject({
      responseStatus: 200,
      error: null,
    });
  });

  it('with a self-signed certificate fails with tls', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')), 'https');
    const outcome = await post(poster({ resolver: toLoopback }), server.url('/hook', 'receiver.test'));
    expect(outcome).toMatchObject({ responseStatus: null, error: 'tls' });
    expect(outcome.errorDetail).toMatch(/not trusted/);
    expect(server.requests).toHaveLength(0);
  });

  it('with a certificate for another name fails with tls', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')), 'https');
    const outcome = await post(poster(tls), server.url('/hook', 'other.test'));
    expect(outcome).toMatchObject({ error: 'tls' });
    expect(outcome.errorDetail).toMatch(/another host name/);
    expect(server.requests).toHaveLength(0);
  });

  it('that speaks plain HTTP fails with tls', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const url = server.url('/hook', 'receiver.test').replace('http:', 'https:');
    // The first bytes of a handshake hold no request to answer, so the receiver answers at once.
    const talkative = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(answer('400 Bad Request'));
    });
    await new Promise<void>((resolve) => talkative.listen(0, '127.0.0.1', resolve));
    const { port } = talkative.address() as { port: number };
    try {
      expect(await post(poster(tls), url.replace(String(server.port), String(port)))).toMatchObject({
        error: 'tls',
      });
    } finally {
      talkative.close();
    }
  });

  it('addressed by plain HTTP fails, with no status made up', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')), 'https');
    const outcome = await post(poster(tls), server.url('/hook', 'receiver.test').replace('https:', 'http:'));
    expect(outcome.responseStatus).toBeNull();
    expect(['connection_reset', 'invalid_response']).toContain(outcome.error);
  });
});

describe('names and addresses', () => {
  const failing =
    (code: string): Resolver =>
    (_, __, callback) =>
      callback(Object.assign(new Error(code), { code }), []);

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'])(
    'fail with dns when resolving says %s',
    async (code) => {
      const outcome = await post(poster({ resolver: failing(code) }), 'http://receiver.test/hook');
      expect(outcome).toMatchObject({ responseStatus: null, error: 'dns' });
      expect(outcome.errorDetail).not.toContain(code);
    },
  );

  it('fail with timeout when resolving takes too long', async () => {
    const silent: Resolver = () => undefined;
    const outcome = await post(poster({ resolver: silent, timeoutMs: 200 }), 'http://receiver.test/hook');
    expect(outcome).toMatchObject({
      error: 'timeout',
      errorDetail: 'No connection to the server could be made within 200 ms.',
    });
  });

  it.each([
    'http://10.0.0.1/hook',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:127.0.0.1]/hook',
    'http://[fd00:ec2::254]/hook',
    'http://2852039166/',
  ])('fail with blocked_address for the literal %s', async (url) => {
    expect(await post(poster(), url)).toMatchObject({ responseStatus: null, error: 'blocked_address' });
  });

  it('fail with blocked_address when a name leads to a forbidden one, without telling which', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const inside: Resolver = (_, __, callback) =>
      callback(null, [
        { address: '10.1.2.3', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const none = poster({ resolver: inside, policy: { allowHttp: true, allowedCidrs: [] } });
    const outcome = await post(none, server.url('/hook', 'receiver.test'));
    expect(outcome).toMatchObject({ error: 'blocked_address' });
    expect(outcome.errorDetail).not.toContain('10.1.2.3');
    expect(server.connections).toBe(0);
    // Where another of its addresses may be connected to, it is.
    expect(await post(poster({ resolver: inside }), server.url('/hook', 'receiver.test'))).toMatchObject({
      responseStatus: 200,
    });
  });

  it('are judged anew for each connection, so that a name that is bound anew gains nothing', async () => {
    const server = await receiver((socket) => socket.end(answer('200 OK', '', 'Connection: close')));
    let lookups = 0;
    const rebinding: Resolver = (_, __, callback) =>
      callback(null, [{ address: ++lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    const by = poster({
      resolver: rebinding,
      policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.1') },
    });
    expect(await post(by, server.url('/hook', 'receiver.test'))).toMatchObject({ error: null });
    expect(await post(by, server.url('/hook', 'receiver.test'))).toMatchObject({ error: 'blocked_address' });
    expect(server.connections).toBe(1);
  });

  it('fail with blocked_address where the operator forbids the address by now, though it is exempt', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const by = poster({
      resolver: toLoopback,
      policy: { ...LOOPBACK, forbiddenCidrs: parseCidrs('127.0.0.0/8') },
    });
    for (const url of [server.url('/hook'), server.url('/hook', 'receiver.test')])
      expect(await post(by, url)).toMatchObject({ requestSent: false, error: 'blocked_address' });
    expect(server.connections).toBe(0);
  });

  it('fail with blocked_address at a port of another protocol, however long the endpoint has had it', async () => {
    const outcome = await post(poster(), 'http://127.0.0.1:6667/hook');
    expect(outcome).toMatchObject({ requestSent: false, error: 'blocked_address' });
    expect(outcome.errorDetail).toContain('port 6667');
  });

  it('fail with blocked_address when plain HTTP is no longer allowed', async () => {
    const by = poster({ policy: { ...LOOPBACK, allowHttp: false } });
    expect(await post(by, 'http://127.0.0.1:1/hook')).toMatchObject({ error: 'blocked_address' });
  });

  it('fail with no throw for a URL that is none', async () => {
    expect(await post(poster(), 'nonsense')).toMatchObject({ error: 'blocked_address' });
  });

  it('are not looked for in proxies of the environment', async () => {
    const proxy = await receiver((socket) => socket.write(answer('200 OK', 'proxied')));
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = proxy.url('');
    try {
      expect(await postTo((socket) => socket.write(answer('200 OK', 'direct')))).toMatchObject({
        responseBody: 'direct',
      });
      expect(proxy.connections).toBe(0);
    } finally {
      names.forEach((name, index) => {
        const value = before[index];
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      });
    }
  });
});

describe('connections', () => {
  it('are used again', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const by = poster({ connectionsPerOrigin: 1 });
    for (let i = 0; i < 5; i++) expect(await post(by, server.url())).toMatchObject({ error: null });
    expect(server.connections).toBe(1);
  });

  it('to one URL are no more than allowed, and further posts wait their turn', async () => {
    const held: (() => void)[] = [];
    const server = await receiver((socket) => held.push(() => socket.write(answer('200 OK'))));
    const by = poster({ connectionsPerOrigin: 2 });
    const posts = Array.from({ length: 6 }, () => post(by, server.url()));
    for (let answered = 0; answered < 6; answered++) {
      await waitFor(() => held.length > 0);
      expect(server.open.size).toBeLessThanOrEqual(2);
      held.shift()?.();
    }
    expect((await Promise.all(posts)).map(({ error }) => error)).toEqual(Array(6).fill(null));
    expect(server.connections).toBe(2);
  });

  it('that one URL holds up are not those of another URL of the same host', async () => {
    const server = await receiver((socket, { head }) => {
      if (head.startsWith('POST /healthy')) socket.write(answer('200 OK'));
    });
    const by = poster({ connectionsPerOrigin: 1, timeoutMs: 5_000 });
    const ended: string[] = [];
    const outcomes = ['/hanging', '/hanging', '/healthy'].map(async (path) => {
      const { error } = await post(by, server.url(path));
      ended.push(path);
      return error;
    });
    expect(await Promise.all(outcomes)).toEqual(['timeout', 'timeout', null]);
    expect(ended[0]).toBe('/healthy');
  });

  it('of the longest unused URL are closed when there are too many', async () => {
    const server = await receiver((socket) => socket.write(answer('200 OK')));
    const by = poster({ maxIdleTargets: 3 });
    for (let i = 0; i < 20; i++) await post(by, server.url(`/${i}`));
    await waitFor(() => server.open.size <= 3);
    expect(server.connections).toBe(20);
  });

  it('are all closed by close, after the attempts in flight', async () => {
    const held: (() => void)[] = [];
    const server = await receiver((socket, { head }) => {
      if (head.startsWith('POST /held')) held.push(() => socket.write(answer('200 OK')));
      else socket.write(answer('200 OK'));
    });
    const by = poster();
    await post(by, server.url());
    const inFlight = post(by, server.url('/held'));
    await waitFor(() => held.length === 1);
    const closed = by.close();
    held[0]?.();
    expect(await inFlight).toMatchObject({ error: null });
    await closed;
    await waitFor(() => server.open.size === 0);
  });
});

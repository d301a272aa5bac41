import type { Resolver } from '@skillora/egress';

import { Posting, postTo } from './testing/posting.js';
import { answer, RawReceiver } from './testing/raw-receiver.js';
import type { PostOutcome } from './webhook-poster.js';

const WAIT_MS = 60;
/** Timers may be early by a part of a millisecond, and times are cut. */
const AT_LEAST_MS = WAIT_MS - 2;

/** Takes its time, as name servers do. */
const slowly: Resolver = (_, __, callback) =>
  void setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), WAIT_MS);

const posting = new Posting();
afterEach(() => posting.close());

const NONE = { dns: null, connect: null, tls: null, firstByte: null };

/** All phases together are no longer than the attempt. */
function expectWithin({ timingsMs, durationMs }: PostOutcome): void {
  const { dns, connect, tls, firstByte } = timingsMs;
  expect((dns ?? 0) + (connect ?? 0) + (tls ?? 0) + (firstByte ?? 0)).toBeLessThanOrEqual(durationMs);
}

describe('an attempt keeps', () => {
  it.each(['http', 'https'] as const)(
    'over %s, how long each phase took, and the address',
    async (scheme) => {
      const server = await posting.receiver(
        (socket) => void setTimeout(() => socket.write(answer('200 OK')), WAIT_MS),
        scheme,
      );
      const outcome = await postTo(posting.poster({ resolver: slowly }), server);
      expect(outcome).toMatchObject({
        responseStatus: 200,
        remoteAddress: '127.0.0.1',
        timingsMs: { connect: expect.any(Number), tls: scheme === 'https' ? expect.any(Number) : null },
      });
      expect(outcome.timingsMs.dns).toBeGreaterThanOrEqual(AT_LEAST_MS);
      expect(outcome.timingsMs.firstByte).toBeGreaterThanOrEqual(AT_LEAST_MS);
      expectWithin(outcome);
    },
  );

  it('the time of a slow handshake as that of TLS', async () => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')), 'https', {
      tls: {
        SNICallback: (_, callback) => void setTimeout(() => callback(null, undefined), WAIT_MS),
      },
    });
    const outcome = await postTo(posting.poster(), server);
    expect(outcome.timingsMs.tls).toBeGreaterThanOrEqual(AT_LEAST_MS);
    expectWithin(outcome);
  });

  it('no time for a name where the URL has an address', async () => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')));
    const outcome = await posting.poster().post({ url: server.url(), body: '{}', headers: {} });
    expect(outcome.timingsMs).toEqual({
      dns: null,
      connect: expect.any(Number),
      tls: null,
      firstByte: expect.any(Number),
    });
    expect(outcome.remoteAddress).toBe('127.0.0.1');
  });

  it.each(['http', 'https'] as const)(
    'over a connection of %s that was used before, the first byte alone, and the address',
    async (scheme) => {
      const server = await posting.receiver((socket) => socket.write(answer('200 OK')), scheme);
      const by = posting.poster();
      await postTo(by, server);
      const outcome = await postTo(by, server);
      expect(server.connections).toBe(1);
      expect(outcome.timingsMs).toEqual({ ...NONE, firstByte: expect.any(Number) });
      expect(outcome.remoteAddress).toBe('127.0.0.1');
    },
  );

  it('of a connection that is refused, the address that refused it', async () => {
    const server = await RawReceiver.listen(() => undefined);
    const url = server.url('/hook', 'receiver.test');
    await server.close();
    const outcome = await posting.poster({ resolver: slowly }).post({ url, body: '{}', headers: {} });
    expect(outcome).toMatchObject({
      error: 'connection_refused',
      remoteAddress: '127.0.0.1',
      timingsMs: { ...NONE, dns: expect.any(Number) },
      responseHeaders: null,
    });
  });

  it('of a receiver that does not answer in time, all but the first byte', async () => {
    const server = await posting.receiver(() => undefined, 'https');
    const outcome = await postTo(posting.poster({ timeoutMs: 4_000, resolver: slowly }), server);
    expect(outcome).toMatchObject({
      error: 'timeout',
      remoteAddress: '127.0.0.1',
      timingsMs: {
        dns: expect.any(Number),
        connect: expect.any(Number),
        tls: expect.any(Number),
        firstByte: null,
      },
    });
    expectWithin(outcome);
  });

  it('nothing of phases where the name has no address or the URL is not allowed', async () => {
    const nobody: Resolver = (name, _, callback) =>
      void setImmediate(() => callback(Object.assign(new Error(name), { code: 'ENOTFOUND' }), []));
    const of = { remoteAddress: null, timingsMs: NONE };
    const unknown = posting.poster({ resolver: nobody });
    expect(await unknown.post({ url: 'http://receiver.test/', body: '{}', headers: {} })).toMatchObject({
      error: 'dns',
      ...of,
    });
    expect(
      await posting.poster().post({ url: 'ftp://receiver.test/', body: '{}', headers: {} }),
    ).toMatchObject(of);
    expect(await posting.poster().post({ url: 'http://10.0.0.1/', body: '{}', headers: {} })).toMatchObject({
      error: 'blocked_address',
      ...of,
    });
  });

  it('the headers of the answer', async () => {
    const server = await posting.receiver((socket) =>
      socket.write(
        answer('503 Busy', 'no', 'Server: nginx', 'X-Request-Id: 7', 'Set-Cookie: session=of somebody'),
      ),
    );
    expect((await postTo(posting.poster(), server)).responseHeaders).toEqual({
      'content-length': '2',
      server: 'nginx',
      'x-request-id': '7',
      'set-cookie': '…',
    });
  });
});

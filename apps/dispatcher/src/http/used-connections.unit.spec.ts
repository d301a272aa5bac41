import type { Socket } from 'node:net';

import { waitFor } from '@skillora/testing';
import { Posting, postTo } from './testing/posting.js';
import { answer, reset } from './testing/raw-receiver.js';

const posting = new Posting();
afterEach(() => posting.close());

const RESET = { responseStatus: null, error: 'connection_reset', requestSent: true };

describe.each(['http', 'https'] as const)('over %s, a connection that was used before', (scheme) => {
  it.each<[string, (socket: Socket) => void]>([
    ['closes', (socket) => socket.end()],
    ['destroys the connection', (socket) => socket.destroy()],
    ['resets', (socket) => reset(socket)],
  ])('carries a request once, whose receiver reads the whole of it and %s', async (_, end) => {
    const server = await posting.receiver((socket) => {
      if (server.requests.length % 2 === 1) socket.write(answer('200 OK'));
      else end(socket);
    }, scheme);
    const by = posting.poster();
    expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
    expect(await postTo(by, server)).toMatchObject(RESET);
    expect(server.requests).toHaveLength(2);
  });

  it('carries a request once, whose receiver reads a part of it and closes', async () => {
    let begun = 0;
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')), scheme, {
      connected: (socket) =>
        socket.on('data', (chunk: Buffer) => {
          if (!chunk.subarray(0, 4).equals(Buffer.from('POST'))) return;
          if (++begun === 2) socket.destroy();
        }),
    });
    const by = posting.poster();
    expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
    expect(await postTo(by, server, Buffer.alloc(8 * 1_048_576))).toMatchObject(RESET);
    expect(begun).toBe(2);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => reset(socket)],
    ['closed after a word about the time', (socket) => socket.end(answer('408 Request Timeout'))],
  ])('and that the receiver %s while it was idle is seen to be: one request, one success', async (_, end) => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')), scheme);
    const by = posting.poster();
    for (let i = 1; i <= 10; i++) {
      expect(await postTo(by, server)).toMatchObject({ responseStatus: 200, error: null });
      expect(server.requests).toHaveLength(i);
      const closed = [...server.open].map(
        (socket) => new Promise((resolve) => socket.once('close', resolve)),
      );
      for (const socket of server.open) end(socket);
      await Promise.all(closed);
    }
  });

  it('that the receiver closed while this process stood still is seen to be', async () => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')), scheme);
    const by = posting.poster();
    expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
    const [socket] = server.open;
    // What is sent here has arrived in the system, but no turn of the event loop has seen it when the post
    // begins.
    reset(socket!);
    expect(await postTo(by, server)).toMatchObject({ responseStatus: 200, error: null });
    expect(server.requests).toHaveLength(2);
  });

  it('is not used a third time where the receiver broke off the second request', async () => {
    const server = await posting.receiver((socket, { connection }) => {
      const carried = server.requests.filter((request) => request.connection === connection).length;
      if (carried === 1) socket.write(answer('200 OK'));
      else socket.destroy();
    }, scheme);
    const by = posting.poster();
    expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
    expect(await postTo(by, server)).toMatchObject(RESET);
    for (let i = 0; i < 10; i++) expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
    expect(server.requests.at(-1)!.head).toMatch(/^connection: close$/im);
  });

  it('is not used again where receivers close behind each answer without a word', async () => {
    const server = await posting.receiver((socket) => socket.end(answer('200 OK')), scheme);
    const by = posting.poster();
    const outcomes = [];
    for (let i = 0; i < 20; i++) outcomes.push(await postTo(by, server));
    expect(outcomes.filter(({ responseStatus }) => responseStatus !== 200)).toEqual([]);
    expect(server.requests).toHaveLength(20);
  });

  it.each([
    ['a length', '204 No Content', 'Content-Length: 2', 'ok'],
    ['chunks', '204 No Content', 'Transfer-Encoding: chunked', '0\r\n\r\n'],
    ['a length', '304 Not Modified', 'Content-Length: 2', 'ok'],
  ])(
    'is not used again behind %s with a %s that has no body, for what comes late would be taken for the next answer',
    async (_, status, header, late) => {
      const server = await posting.receiver((socket) => {
        socket.write(`HTTP/1.1 ${status}\r\n${header}\r\n\r\n`);
        socket.prependOnceListener('data', () => socket.write(late));
      }, scheme);
      const by = posting.poster();
      for (let i = 0; i < 3; i++) {
        expect(await postTo(by, server)).toMatchObject({ responseStatus: Number(status.slice(0, 3)) });
      }
      expect([server.requests.length, server.connections]).toEqual([3, 3]);
    },
  );

  it.each(['204 No Content', '204 No Content\r\nContent-Length: 0', '304 Not Modified'])(
    'is used again behind %j',
    async (status) => {
      const server = await posting.receiver((socket) => socket.write(`HTTP/1.1 ${status}\r\n\r\n`), scheme);
      const by = posting.poster();
      for (let i = 0; i < 3; i++) await postTo(by, server);
      expect([server.requests.length, server.connections]).toEqual([3, 1]);
    },
  );

  it('is used for all of many posts, made side by side', async () => {
    const hasty = await posting.hastyReceiver(scheme, 'ends its side', '');
    const { url } = hasty;
    const by = posting.poster({ connectionsPerOrigin: 4 });
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, () => by.post({ url, body: '{}', headers: {} })),
    );
    expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
    expect((await hasty.seen()).connections).toBeLessThanOrEqual(4);
  });

  it('stands idle for less than the receiver says that it lets it', async () => {
    const server = await posting.receiver(
      (socket) => socket.write(answer('200 OK', '', 'Keep-Alive: timeout=1, max=100')),
      scheme,
    );
    await postTo(posting.poster(), server);
    await waitFor(() => server.open.size === 0);
  });

  it('stands idle for no longer than usual receivers let it', async () => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK')), scheme);
    await postTo(posting.poster(), server);
    const answeredAt = performance.now();
    await waitFor(() => server.open.size === 0);
    // Gunicorn closes after 2 s; a slow machine only adds to what is measured here.
    expect(performance.now() - answeredAt).toBeGreaterThan(500);
  });
});

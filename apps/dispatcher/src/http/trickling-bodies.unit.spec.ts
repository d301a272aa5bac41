import { waitFor } from '@skillora/testing';
import { KEPT_BODY_BYTES } from './body-text.js';
import { Posting, postTo } from './testing/posting.js';
import { answer, trickle } from './testing/raw-receiver.js';

const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';
const KEPT = 'x'.repeat(KEPT_BODY_BYTES);
/** Far beyond what an attempt takes whose status is there, on a slow machine too. */
const TIMEOUT_MS = 60_000;
const LONG_MS = 20_000;

const posting = new Posting();
afterEach(() => posting.close());

describe.each(['http', 'https'] as const)('over %s, an answer whose body does not end', (scheme) => {
  it.each(['200 OK', '500 Internal Server Error', '410 Gone'])(
    'ends the attempt with its status once 4 KiB are there, and its connection is free: %s',
    async (status) => {
      const server = await posting.receiver((socket) => {
        socket.write(`HTTP/1.1 ${status}\r\n${CHUNKED}1000\r\n${KEPT}\r\n`);
        trickle(socket, '1\r\ny\r\n');
      }, scheme);
      const by = posting.poster({ timeoutMs: TIMEOUT_MS });
      // The second needs the connection of the first, since there is one.
      for (const outcome of await Promise.all([postTo(by, server), postTo(by, server)])) {
        expect(outcome).toMatchObject({ responseStatus: Number(status.slice(0, 3)), responseBody: KEPT });
        expect(outcome.durationMs).toBeLessThan(LONG_MS);
      }
      expect(server.requests).toHaveLength(2);
      await waitFor(() => server.open.size === 0);
    },
  );

  it.each<[string, string, string]>([
    ['a byte at a time', 'b', `${CHUNKED}1\r\na\r\n`],
    ['in silence behind its headers', '', CHUNKED],
    ['in silence within a length', '', 'Content-Length: 10\r\n\r\nab'],
    ['in silence without a length', '', '\r\nab'],
  ])('ends it soon behind its headers, with what there is: %s', async (_, piece, begin) => {
    const server = await posting.receiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${begin}`);
      if (piece) trickle(socket, `1\r\n${piece}\r\n`);
    }, scheme);
    const outcome = await postTo(posting.poster({ timeoutMs: TIMEOUT_MS }), server);
    expect(outcome).toMatchObject({ responseStatus: 200, error: null });
    expect(outcome.responseBody).toMatch(piece ? /^ab+$/ : /^(ab)?$/);
    expect(outcome.durationMs).toBeLessThan(LONG_MS);
    expect(server.requests).toHaveLength(1);
    await waitFor(() => server.open.size === 0);
  });

  it('ends it with the limit of the attempt where that is sooner', async () => {
    const server = await posting.receiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${CHUNKED}`);
    }, scheme);
    const by = posting.poster({ timeoutMs: 900 });
    // On a slow machine the time may be over before the status is there: then it is another's turn.
    const outcome = await waitFor(async () => {
      const posted = await postTo(by, server);
      return posted.responseStatus !== null && posted;
    });
    expect(outcome).toMatchObject({ responseStatus: 200, responseBody: '', error: null });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(895);
  });
});

describe('a body that is longer than what is kept', () => {
  it('but ends soon leaves its connection for the next request', async () => {
    const server = await posting.receiver((socket) => socket.write(answer('200 OK', 'x'.repeat(30_000))));
    const by = posting.poster();
    for (let i = 0; i < 5; i++) {
      expect(await postTo(by, server)).toMatchObject({ responseStatus: 200, responseBody: KEPT });
      await waitFor(() => server.requests.length === i + 1);
    }
    expect(server.connections).toBeLessThan(5);
  });

  it('and trickles holds no more connections than attempts may be under way, beside those', async () => {
    const server = await posting.receiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${CHUNKED}1000\r\n${KEPT}\r\n`);
      trickle(socket, '1\r\ny\r\n');
    });
    const by = posting.poster({ connectionsPerOrigin: 2 });
    let most = 0;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const outcome = await postTo(by, server);
        most = Math.max(most, await server.openConnections());
        return outcome;
      }),
    );
    expect(outcomes.map(({ responseStatus }) => responseStatus)).toEqual(Array(20).fill(200));
    // Those that were closed here may not have been seen to be yet, there.
    expect(most).toBeLessThan(12);
    await waitFor(() => server.open.size === 0);
  });
});

import type { Socket } from 'node:net';

import { Posting, postTo, until } from './testing/posting.js';
import { answer, RawReceiver, reset } from './testing/raw-receiver.js';

/** More than the buffers of both sides take, so that the answer comes while most of it is not written. */
const LARGE = Buffer.alloc(8 * 1_048_576, 'x');
/** As large as intake takes, which the buffers of the system may hold whole. */
const LARGEST_EVENT = Buffer.alloc(262_144, 'x');
const TIMES = 4;

const posting = new Posting();
afterEach(() => posting.close());

type Ending = (socket: Socket, bytes: Buffer) => void;
const ENDINGS: Record<string, { end: Ending; closes: boolean }> = {
  'leaves the connection open': { end: (socket, bytes) => socket.write(bytes), closes: false },
  'says that it closes, and leaves it open': { end: (socket, bytes) => socket.write(bytes), closes: true },
  'closes its side': { end: (socket, bytes) => socket.end(bytes), closes: true },
  'closes at once': { end: (socket, bytes) => socket.write(bytes, () => socket.destroy()), closes: false },
  'resets at once': {
    end: (socket, bytes) => socket.write(bytes, () => reset(socket)),
    closes: true,
  },
};
const STATUSES = ['401 Unauthorized', '410 Gone', '413 Content Too Large', '429 Too Many Requests'] as const;

/** A receiver that answers a request at its first bytes, and reads no further; a small one it takes. */
async function hasty(
  scheme: 'http' | 'https',
  bytes: Buffer,
  end: Ending,
): Promise<RawReceiver & { begun(): number }> {
  let begun = 0;
  const server = await posting.receiver((socket) => socket.write(answer('200 OK', 'small')), scheme, {
    connected: (socket) =>
      socket.on('data', (chunk: Buffer) => {
        const length = Number(/content-length: *(\d+)/i.exec(chunk.toString('latin1', 0, 1_024))?.[1] ?? 0);
        if (!chunk.subarray(0, 4).equals(Buffer.from('POST')) || length < 100_000) return;
        begun += 1;
        socket.removeAllListeners('data').pause();
        end(socket, bytes);
      }),
  });
  return Object.assign(server, { begun: () => begun });
}

describe.each(['http', 'https'] as const)(
  'over %s, an answer that comes while the body is written',
  (scheme) => {
    describe.each(['a fresh', 'a used'])('over %s connection', (which) => {
      describe.each([
        ['one larger than all buffers', LARGE],
        ['the largest event', LARGEST_EVENT],
      ])('of %s', (_, body) => {
        it.each(Object.entries(ENDINGS))(
          'counts, and the request is sent once: the receiver %s',
          async (__, { end, closes }) => {
            for (let i = 0; i < TIMES; i++) {
              const status = STATUSES[i % STATUSES.length]!;
              const headers = [...(closes ? ['Connection: close'] : []), 'Retry-After: 7'];
              const server = await hasty(scheme, answer(status, 'no', ...headers), end);
              const by = posting.poster();
              if (which === 'a used') expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
              expect(await postTo(by, server, body)).toMatchObject({
                responseStatus: Number(status.slice(0, 3)),
                responseBody: 'no',
                error: 'http_status',
                gone: status.startsWith('410'),
                retryAfterMs: status.startsWith('429') ? 7_000 : null,
              });
              expect([server.begun(), server.connections]).toEqual([1, 1]);
              await by.close();
              for (const socket of server.open) socket.resume();
              await until(() => server.open.size === 0);
            }
          },
        );
      });
    });

    it('with 2xx is success, and the receiver still gets the whole body', async () => {
      let answeredAt = 0;
      const server = await posting.receiver(() => undefined, scheme, {
        connected: (socket) =>
          socket.once('data', () => {
            answeredAt = socket.bytesRead;
            socket.write(answer('202 Accepted', 'reading on'));
          }),
      });
      expect(await postTo(posting.poster(), server, LARGE)).toMatchObject({
        responseStatus: 202,
        responseBody: 'reading on',
        error: null,
      });
      expect(answeredAt).toBeLessThan(LARGE.length);
      await until(() => server.requests.length === 1);
      expect(server.requests[0]!.body).toHaveLength(LARGE.length);
      await until(() => server.open.size === 0);
    });

    it('is no answer when there is none: the receiver resets within the body', async () => {
      for (let i = 0; i < TIMES; i++) {
        const server = await hasty(scheme, Buffer.alloc(0), (socket) => reset(socket));
        expect(await postTo(posting.poster(), server, LARGE)).toMatchObject({
          responseStatus: null,
          error: 'connection_reset',
        });
        expect([server.begun(), server.connections]).toEqual([1, 1]);
      }
    });
  },
);

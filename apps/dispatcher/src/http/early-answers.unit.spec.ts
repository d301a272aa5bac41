import type { Socket } from 'node:net';

import { waitFor } from '@skillora/testing';
import type { Haste } from './testing/hasty-receiver.js';
import { Posting, postTo } from './testing/posting.js';
import { answer, RawReceiver, reset } from './testing/raw-receiver.js';

/** More than the buffers of both sides take, so that the answer comes while most of it is not written. */
const LARGE = Buffer.alloc(4 * 1_048_576, 'x');
/** As large as intake takes, which the buffers of the system may hold whole. */
const LARGEST_EVENT = Buffer.alloc(262_144, 'x');
/** Each is tried so often, since what it shows is a race; on a slow machine it takes long. */
const TIMES = 15;
const TEST_LIMIT_MS = 120_000;

const posting = new Posting();
afterEach(() => posting.close());

const STATUSES = ['401 Unauthorized', '410 Gone', '413 Content Too Large', '429 Too Many Requests'] as const;
const HASTES: readonly Haste[] = ['resets', 'resets after the second part of its answer', 'ends its side'];
type Ending = (socket: Socket, bytes: Buffer) => void;
const ENDINGS: Record<string, { end: Ending; closes?: true }> = {
  'leaves the connection open': { end: (socket, bytes) => socket.write(bytes) },
  'says that it closes, and leaves it open': { end: (socket, bytes) => socket.write(bytes), closes: true },
  'closes its side': { end: (socket, bytes) => socket.end(bytes), closes: true },
  'resets a moment later': { end: (socket, bytes) => socket.write(bytes, () => reset(socket)) },
};

/** A receiver that answers a large request at its first bytes, and reads no further. */
async function notReading(scheme: 'http' | 'https', end: (socket: Socket) => void): Promise<RawReceiver> {
  return posting.receiver((socket) => socket.write(answer('200 OK')), scheme, {
    connected: (socket) =>
      socket.on('data', (chunk: Buffer) => {
        const length = /^POST[^]*content-length: *(\d+)/i.exec(chunk.toString('latin1', 0, 1_024))?.[1];
        if (Number(length ?? 0) < 100_000) return;
        socket.removeAllListeners('data').pause();
        end(socket);
      }),
  });
}

describe.each(['http', 'https'] as const)(
  'over %s, an answer that comes while the body is written',
  (scheme) => {
    describe.each(['fresh', 'used'])('over a %s connection', (which) => {
      it.each(HASTES)(
        'counts, and the request is sent once: the receiver %s',
        async (haste) => {
          for (const body of [LARGE, LARGEST_EVENT]) {
            const bytes = answer('401 Unauthorized', 'no').toString();
            const hasty = await posting.hastyReceiver(scheme, haste, bytes);
            for (let i = 0; i < TIMES; i++) {
              const by = posting.poster();
              const post = (sent: Buffer | string) => by.post({ url: hasty.url, body: sent, headers: {} });
              if (which === 'used') expect(await post('small')).toMatchObject({ responseStatus: 200 });
              expect(await post(body)).toMatchObject({ responseStatus: 401, responseBody: 'no' });
              expect(await hasty.seen()).toMatchObject({ begun: 1 });
            }
            await hasty.close();
          }
        },
        TEST_LIMIT_MS,
      );

      it.each(Object.entries(ENDINGS))(
        'counts with all that it says: the receiver %s',
        async (_, { end, closes }) => {
          for (const status of STATUSES) {
            const bytes = answer(status, 'no', 'Retry-After: 7', ...(closes ? ['Connection: close'] : []));
            const server = await notReading(scheme, (socket) => end(socket, bytes));
            const by = posting.poster();
            if (which === 'used') expect(await postTo(by, server)).toMatchObject({ responseStatus: 200 });
            expect(await postTo(by, server, LARGE)).toMatchObject({
              responseStatus: Number(status.slice(0, 3)),
              responseBody: 'no',
              error: 'http_status',
              gone: status.startsWith('410'),
              retryAfterMs: status.startsWith('429') ? 7_000 : null,
            });
            expect(server.connections).toBe(1);
            for (const socket of server.open) socket.resume();
            await waitFor(() => server.open.size === 0);
          }
        },
        TEST_LIMIT_MS,
      );
    });

    it(
      'with 2xx is success, and the receiver still gets the whole body',
      async () => {
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
        await waitFor(() => server.requests.length === 1);
        expect(server.requests[0]!.body).toHaveLength(LARGE.length);
        await waitFor(() => server.open.size === 0);
      },
      TEST_LIMIT_MS,
    );

    it(
      'is no answer when there is none: the receiver resets within the body',
      async () => {
        const server = await notReading(scheme, reset);
        expect(await postTo(posting.poster(), server, LARGE)).toMatchObject({
          responseStatus: null,
          error: 'connection_reset',
        });
        expect(server.connections).toBe(1);
      },
      TEST_LIMIT_MS,
    );
  },
);

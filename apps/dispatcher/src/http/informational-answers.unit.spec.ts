import fc from 'fast-check';

import { waitFor } from '@skillora/testing';
import { Posting, postTo } from './testing/posting.js';
import { answer, flood, trickle } from './testing/raw-receiver.js';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Processing\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n';
const UNHEARD_OF = 'HTTP/1.1 199 Whatever\r\nContent-Length: 5\r\n\r\n';

const posting = new Posting();
afterEach(() => posting.close());

describe.each(['http', 'https'] as const)('informational answers over %s', (scheme) => {
  it.each([
    ['100 (Continue), which was not asked for', [CONTINUE]],
    ['100 (Continue) without a reason phrase', ['HTTP/1.1 100\r\n\r\n']],
    ['102 (Processing)', [PROCESSING]],
    ['103 (Early Hints)', [HINTS]],
    ['a status that there is not, with a length', [UNHEARD_OF]],
    ['several of them', [CONTINUE, PROCESSING, HINTS, CONTINUE, UNHEARD_OF, CONTINUE]],
  ])('are passed over: %s', async (_, pieces) => {
    const server = await posting.receiver(
      (socket) => socket.write(Buffer.concat([Buffer.from(pieces.join('')), answer('200 OK', 'done')])),
      scheme,
    );
    const by = posting.poster();
    for (let i = 0; i < 3; i++) {
      expect(await postTo(by, server)).toMatchObject({
        responseStatus: 200,
        responseBody: 'done',
        error: null,
      });
    }
    expect([server.requests.length, server.connections]).toEqual([3, 1]);
  });

  it('are passed over when the answer comes much later', async () => {
    const server = await posting.receiver((socket) => {
      socket.write(CONTINUE, () => setTimeout(() => socket.write(answer('410 Gone')), 100));
    }, scheme);
    expect(await postTo(posting.poster(), server)).toMatchObject({ responseStatus: 410, gone: true });
    expect(server.requests).toHaveLength(1);
  });

  it.each([CONTINUE, PROCESSING, HINTS])(
    'without end are ended by the time of the attempt: %j',
    async (piece) => {
      const server = await posting.receiver((socket) => trickle(socket, piece), scheme);
      expect(await postTo(posting.poster({ timeoutMs: 3_000 }), server)).toMatchObject({
        responseStatus: null,
        error: 'timeout',
      });
      expect(server.requests).toHaveLength(1);
      await waitFor(() => server.open.size === 0);
    },
  );

  it.each([CONTINUE, PROCESSING, HINTS])('in a flood are ended by their bytes: %j', async (piece) => {
    const server = await posting.receiver((socket) => flood(socket, piece), scheme);
    expect(await postTo(posting.poster(), server)).toMatchObject({
      responseStatus: null,
      error: 'response_too_large',
    });
    expect(server.requests).toHaveLength(1);
    await waitFor(() => server.open.size === 0);
  });

  it('alone, and then a close, are no answer', async () => {
    const server = await posting.receiver((socket) => socket.end(CONTINUE), scheme);
    expect(await postTo(posting.poster(), server)).toMatchObject({
      responseStatus: null,
      error: 'connection_reset',
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('informational answers', () => {
  it('change nothing of the answer behind them, however the bytes are cut', async () => {
    const pieces = fc.array(fc.constantFrom(CONTINUE, PROCESSING, HINTS, UNHEARD_OF), { maxLength: 6 });
    const by = posting.poster();
    let bytes = Buffer.alloc(0);
    let cuts: readonly number[] = [];
    const server = await posting.receiver((socket) => {
      socket.setNoDelay(true);
      let from = 0;
      const write = (left: readonly number[]): void => {
        const [cut = bytes.length, ...others] = left;
        const part = bytes.subarray(from, cut);
        from = cut;
        socket.write(part, () => from < bytes.length && setImmediate(write, others));
      };
      write(cuts);
    });
    await fc.assert(
      fc.asyncProperty(pieces, fc.array(fc.nat(400), { maxLength: 4 }), async (infos, at) => {
        bytes = Buffer.concat([Buffer.from(infos.join('')), answer('201 Created', 'made')]);
        cuts = [...new Set(at)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
        expect(await postTo(by, server)).toMatchObject({ responseStatus: 201, responseBody: 'made' });
      }),
      { numRuns: 50 },
    );
    expect(server.connections).toBe(1);
  });
});

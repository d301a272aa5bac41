import fc from 'fast-check';

import { HeadersTooLongError, InvalidAnswerError, NoAnswerInReadingError } from './answer-errors.js';
import { AnswerReader, MAX_HEADER_BYTES, MAX_READ_BYTES } from './answer-reader.js';

/** What a reader makes of these bytes, cut into pieces at these places. */
function readInPieces(bytes: Buffer, cuts: readonly number[], ended = false) {
  const reader = new AnswerReader();
  let problem: string | null = null;
  const places = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
  try {
    [0, ...places].forEach((from, index) => reader.read(bytes.subarray(from, places[index] ?? bytes.length)));
    if (ended) reader.end();
  } catch (error) {
    problem = (error as Error).name;
  }
  const { head, isOver, isCut, mayStandMs } = reader;
  return { head, isOver, isCut, mayStandMs, body: reader.body.toString('latin1'), problem };
}

const lineEnd = fc.constantFrom('\r\n', '\n');
const field = fc.tuple(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/).map((name) => `X-${name}`),
  fc.constantFrom(':', ': ', ':\t', ' : '),
  fc.stringMatching(/^[\x21-\x7e]{0,12}$/),
);
const body = fc.string({ unit: 'binary-ascii', maxLength: 40 });

/** An answer and what is to be read out of it. */
const answers = fc
  .record({
    informational: fc.array(fc.constantFrom('100', '102', '103', '199'), { maxLength: 3 }),
    status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
    fields: fc.array(field, { maxLength: 4 }),
    chunks: fc.array(
      body.filter((text) => text !== ''),
      { maxLength: 4 },
    ),
    framing: fc.constantFrom('length', 'chunks'),
    end: lineEnd,
  })
  .map(({ informational, status, fields, chunks, framing, end }) => {
    const text = chunks.join('');
    const framed =
      framing === 'length'
        ? { header: `Content-Length: ${text.length}`, bytes: text }
        : {
            header: 'Transfer-Encoding: chunked',
            bytes: [...chunks, '']
              .map((chunk) => `${chunk.length.toString(16)}${end}${chunk}${chunk === '' ? '' : end}`)
              .join('')
              .concat(end),
          };
    const head = [
      `HTTP/1.1 ${status} Whatever`,
      framed.header,
      ...fields.map(([name, colon, value]) => name + colon + value),
    ].join(end);
    const before = informational.map((code) => `HTTP/1.1 ${code} Wait${end}X-A: b${end}${end}`).join('');
    return { status, text, bytes: Buffer.from(`${before}${head}${end}${end}${framed.bytes}`, 'latin1') };
  });
const cuts = fc.array(fc.nat(400), { maxLength: 20 });

describe('a reader of answers', () => {
  it('reads what was written, however its bytes are cut', () => {
    fc.assert(
      fc.property(answers, cuts, ({ status, text, bytes }, at) => {
        expect(readInPieces(bytes, at)).toMatchObject({
          head: { status },
          body: text,
          isOver: true,
          isCut: false,
          mayStandMs: null,
          problem: null,
        });
      }),
    );
  });

  it('comes to the same whatever the bytes are and however they are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.1 100',
        '\r\n',
        '\n',
        '\r',
        ' ',
        ':',
        '0',
        'a',
        '\0',
        'chunked',
      ),
      fc.constantFrom(
        'Content-Length: 3',
        'Transfer-Encoding: chunked',
        'Connection: close',
        'Keep-Alive: timeout=2',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), cuts, fc.boolean(), (pieces, at, ended) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const whole = readInPieces(bytes, [], ended);
        // A beginning that can only become another protocol is refused before its line ends, or when it does.
        expect(readInPieces(bytes, at, ended)).toEqual(whole);
      }),
    );
  });

  it('holds on to its answer when the rest is none', () => {
    fc.assert(
      fc.property(
        answers,
        fc.string({ unit: 'binary-ascii', maxLength: 20 }),
        cuts,
        ({ status, bytes }, rest, at) => {
          const { head } = readInPieces(Buffer.concat([bytes, Buffer.from(rest, 'latin1')]), at);
          expect(head?.status).toBe(status);
        },
      ),
    );
  });

  it.each([
    ['empty lines', '\r\n', ''],
    ['informational answers', 'HTTP/1.1 100\n\n', ''],
    ['headers of informational answers', `HTTP/1.1 100\n${'a:\n'.repeat(5_000)}\n`, ''],
    ['chunks of a byte', '1\nx\n', 'HTTP/1.1 200\nTransfer-Encoding: chunked\n\n'],
    ['trailers', 'a\n', 'HTTP/1.1 200\nTransfer-Encoding: chunked\n\n0\n'],
    ['an extension of a chunk', ';a', 'HTTP/1.1 200\nTransfer-Encoding: chunked\n\n1'],
  ])('reads no more than its limit, and soon, of %s', (_, piece, before) => {
    const bytes = Buffer.from(before + piece.repeat(Math.ceil(MAX_READ_BYTES / piece.length) + 1));
    const began = performance.now();
    const reader = new AnswerReader();
    expect(() => reader.read(bytes)).toThrow(NoAnswerInReadingError);
    // Some 10 ms where it was written; a reader whose work grows with the square of the bytes takes minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('reads no more headers than their limit', () => {
    const reader = new AnswerReader();
    reader.read(Buffer.from('HTTP/1.1 200 OK\r\n'));
    expect(() => reader.read(Buffer.from('A: b\r\n'.repeat(4_000)))).toThrow(HeadersTooLongError);
  });

  it('reads no more of a status line, which may come byte by byte, than of headers', () => {
    const reader = new AnswerReader();
    const sent = Buffer.from(`HTTP/1.1 200 ${'x'.repeat(MAX_READ_BYTES)}`);
    let read = 0;
    const readAll = (): void => {
      for (; read < sent.length; read += 1) reader.read(sent.subarray(read, read + 1));
    };
    expect(readAll).toThrow(HeadersTooLongError);
    expect(read).toBe(MAX_HEADER_BYTES);
  });

  it.each(['S', 'SSH-2.0-OpenSSH_9.6', 'HTTQ', ' x', '\0'])(
    'waits for no more when it begins with %j',
    (beginning) => {
      expect(() => new AnswerReader().read(Buffer.from(beginning))).toThrow(InvalidAnswerError);
    },
  );

  it.each([
    ['timeout=5', 4_000],
    ['timeout=5, max=100', 4_000],
    ['max=100, Timeout = "30"', 29_000],
    ['timeout=1', 0],
    ['timeout=0', 0],
    ['timeout=soon', null],
    ['max=1', null],
  ])('heeds Keep-Alive: %s', (value, ms) => {
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: ${value}\r\n\r\n`);
    expect(readInPieces(bytes, []).mayStandMs).toBe(ms);
  });
});

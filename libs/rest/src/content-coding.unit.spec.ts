import { gzipSync } from 'node:zlib';

import { decodeContent } from './content-coding.js';
import { RefusalException } from './problems.js';

const LIMIT = 10_000;
const TEXT = Buffer.from('{"specversion":"1.0"}');

async function refusal(header: string | undefined, content: Buffer): Promise<RefusalException> {
  try {
    await decodeContent(header, content, LIMIT);
  } catch (error) {
    if (error instanceof RefusalException) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('the content of a request', () => {
  it.each([undefined, '', 'identity', 'Identity', 'identity, identity'])(
    'is taken as it is when its coding is %j',
    async (header) => expect(await decodeContent(header, TEXT, LIMIT)).toEqual(TEXT),
  );

  it.each(['gzip', 'GZIP', 'x-gzip', ' gzip ', 'identity, gzip', 'gzip,'])(
    'is decompressed when its coding is %j',
    async (header) => expect(await decodeContent(header, gzipSync(TEXT), LIMIT)).toEqual(TEXT),
  );

  it('may be of several gzip members, and as large as the limit', async () => {
    const members = Buffer.concat([gzipSync(TEXT), gzipSync(TEXT)]);
    expect(await decodeContent('gzip', members, LIMIT)).toEqual(Buffer.concat([TEXT, TEXT]));
    expect((await decodeContent('gzip', gzipSync(Buffer.alloc(LIMIT)), LIMIT)).length).toBe(LIMIT);
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'gzip, br', '*', 'gzip;q=1'])(
    'is refused with 415, and what is taken is named, when its coding is %j',
    async (header) => {
      const refused = await refusal(header, TEXT);
      expect([refused.getStatus(), refused.headers]).toEqual([415, { 'accept-encoding': 'gzip' }]);
    },
  );

  it('is refused with 413 when it grows beyond the limit', async () => {
    expect((await refusal('gzip', gzipSync(Buffer.alloc(LIMIT + 1)))).getStatus()).toBe(413);
    expect((await refusal('gzip', gzipSync(Buffer.alloc(100 * LIMIT)))).getStatus()).toBe(413);
  });

  it.each([
    ['is not compressed', TEXT],
    ['is cut off', gzipSync(TEXT).subarray(0, -9)],
    ['has a wrong checksum', Buffer.concat([gzipSync(TEXT).subarray(0, -8), Buffer.alloc(8)])],
    ['has other bytes behind it', Buffer.concat([gzipSync(TEXT), Buffer.from('more')])],
  ])('is refused with 400 when it %s', async (_what, content) => {
    const refused = await refusal('gzip', content);
    expect([refused.getStatus(), refused.getResponse()]).toEqual([
      400,
      { detail: 'The request body is not valid gzip.' },
    ]);
  });
});

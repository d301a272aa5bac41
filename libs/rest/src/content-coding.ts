import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { RefusalException } from './problems.js';

const decompress = promisify(gunzip);

/** `x-gzip` is another name of `gzip` (RFC 9110, §8.4.1.3). */
const GZIP: ReadonlySet<string> = new Set(['gzip', 'x-gzip']);

/**
 * Decodes a request's content according to its `Content-Encoding` (RFC 9110, §8.4): none, `identity`, or
 * `gzip` once.
 * @param limit the maximum number of decoded bytes. Decoding stops there.
 * @throws {RefusalException} 415 with `Accept-Encoding` (RFC 7694, §3) for other codings and for several; 413 for
 * content beyond `limit`; 400 for content that is broken or cut off.
 */
export async function decodeContent(
  header: string | undefined,
  content: Buffer,
  limit: number,
): Promise<Buffer> {
  const codings = (header ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '' && each !== 'identity');
  const [coding] = codings;
  if (coding === undefined) return content;
  if (codings.length > 1 || !GZIP.has(coding)) {
    throw new RefusalException(
      415,
      `Unsupported content coding "${codings.join(', ').slice(0, 200)}" in request; gzip is known, and may be used once.`,
      { 'accept-encoding': 'gzip' },
    );
  }
  try {
    return await decompress(content, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RefusalException(413, 'The request body is too large once it is decompressed.');
    }
    throw new RefusalException(400, 'The request body is not valid gzip.');
  }
}

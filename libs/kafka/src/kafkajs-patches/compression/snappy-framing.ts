import { uncompress } from 'snappy';

import { tooLarge, UnreadableBytes } from './unreadable-bytes.js';

/**
 * The header that snappy-java writes before its chunks: this, a version and a compatible version of four
 * bytes each.
 */
const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const JAVA_HEADER_BYTES = 16;

/**
 * Reads snappy as Kafka's clients write it. snappy-java and most other clients write chunks, each after its
 * length. librdkafka writes one block without a frame.
 */
export async function uncompressSnappy(bytes: Buffer, limit: number): Promise<Buffer> {
  if (!bytes.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return block(bytes, limit);
  const parts: Buffer[] = [];
  let left = limit;
  for (let at = JAVA_HEADER_BYTES; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    const end = at + 4 + length;
    if (length < 0 || end > bytes.length) throw new UnreadableBytes('the snappy data is cut off');
    const part = await block(bytes.subarray(at + 4, end), left, limit);
    left -= part.length;
    parts.push(part);
    at = end;
  }
  return Buffer.concat(parts);
}

/** One block, which begins with its decompressed length: the library allocates this much memory. */
async function block(bytes: Buffer, left: number, limit: number = left): Promise<Buffer> {
  if (uncompressedLength(bytes) > left) throw tooLarge('snappy', limit);
  return (await uncompress(bytes)) as Buffer;
}

/**
 * The first number of a block, in groups of seven bits, lowest group first (Snappy's format description, 1).
 */
function uncompressedLength(bytes: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new UnreadableBytes('the snappy data does not begin with its length');
}

import { UnreadableBytes } from './unreadable-bytes.js';

/** The first four bytes of a frame, little endian. */
const MAGIC = 0x184d2204;
/** The highest bit of a block's length: the block is not compressed. */
const STORED = 0x80000000;
/**
 * One byte of a compressed block expands to at most this many bytes: a length grows by 255 with each byte.
 */
const MOST_PER_BYTE = 255;
const LAST_LITERALS = 32;

/** The maximum sizes of blocks, by the number in the frame's descriptor, bytes. */
const BLOCK_SIZES: Readonly<Record<number, number>> = {
  4: 64 * 1_024,
  5: 256 * 1_024,
  6: 1_024 * 1_024,
  7: 4 * 1_024 * 1_024,
};

/**
 * The maximum decompressed size of LZ4 frames, bytes. It is found by walking over the blocks without
 * decompressing them (LZ4 frame format 1.6). For writers that fill their blocks, as all known ones do, it is
 * too high by one block at most.
 * @throws {UnreadableBytes} when the bytes are not LZ4 frames.
 */
export function mostBytesOfLz4(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length;) {
    const frame = frameAt(bytes, at);
    sum += frame.most;
    at = frame.end;
  }
  return sum;
}

function frameAt(bytes: Buffer, start: number): { most: number; end: number } {
  const flags = bytes[start + 4];
  const largest = BLOCK_SIZES[((bytes[start + 5] ?? 0) >> 4) & 0x07];
  if (flags === undefined || largest === undefined || bytes.readUInt32LE(start) !== MAGIC) {
    throw new UnreadableBytes('the lz4 data is not a frame');
  }
  const has = (bit: number): boolean => (flags & (1 << bit)) !== 0;
  const [blockChecksums, contentSize, contentChecksum, dictionary] = [has(4), has(3), has(2), has(0)];
  let at = start + 7 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0);
  let most = 0;
  for (;;) {
    if (at + 4 > bytes.length) throw new UnreadableBytes('the lz4 data is cut off');
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) return { most, end: at + (contentChecksum ? 4 : 0) };
    const stored = word >= STORED;
    const length = stored ? word - STORED : word;
    most += stored ? length : Math.min(largest, length * MOST_PER_BYTE + LAST_LITERALS);
    at += length + (blockChecksums ? 4 : 0);
  }
}

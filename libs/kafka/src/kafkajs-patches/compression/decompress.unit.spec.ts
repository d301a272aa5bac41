import zlib from 'node:zlib';

import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

import { type CodecName, decompress, MissingCodec } from './decompress.js';
import { snappyJavaFrame } from './testing/snappy-java-frame.js';
import { UnreadableBytes } from './unreadable-bytes.js';

const LIMIT = 1_024 * 1_024;
const text = Buffer.from('an interview was completed; '.repeat(9_000));

const writers: [string, CodecName, (bytes: Buffer) => Buffer][] = [
  ['gzip', 'gzip', (bytes) => zlib.gzipSync(bytes)],
  ['zstd', 'zstd', (bytes) => zlib.zstdCompressSync(bytes)],
  ['lz4', 'lz4', (bytes) => compressFrameSync(bytes)],
  [
    'lz4 with checksums',
    'lz4',
    (bytes) => compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true }),
  ],
  ['snappy in the frame of snappy-java', 'snappy', snappyJavaFrame],
  ['snappy without a frame, as librdkafka writes it', 'snappy', (bytes) => compressSync(bytes)],
];

describe.each(writers)('%s', (_name, codec, compress) => {
  it('is read', async () => {
    expect((await decompress(codec, compress(text), LIMIT)).equals(text)).toBe(true);
    expect(await decompress(codec, compress(Buffer.alloc(0)), LIMIT)).toHaveLength(0);
  });

  it('is read up to the limit, and refused when it holds more', async () => {
    const much = Buffer.alloc(LIMIT / 2, 'x');

    expect((await decompress(codec, compress(much), LIMIT)).equals(much)).toBe(true);
    await expect(decompress(codec, compress(Buffer.alloc(8 * LIMIT)), LIMIT)).rejects.toThrow(
      new UnreadableBytes(
        `the ${codec} data holds more than ${LIMIT} bytes, the most that is read of a batch`,
      ),
    );
  });

  it('is refused when it is cut off, or something else', async () => {
    const whole = compress(text);

    await expect(decompress(codec, whole.subarray(0, whole.length / 2), LIMIT)).rejects.toThrow(
      UnreadableBytes,
    );
    await expect(decompress(codec, Buffer.from('no such thing at all'), LIMIT)).rejects.toThrow(
      UnreadableBytes,
    );
  });
});

it('zstd on a Node without it is no fault of the bytes', async () => {
  await expect(decompress('zstd', zlib.zstdCompressSync(text), LIMIT, null)).rejects.toThrow(MissingCodec);
});

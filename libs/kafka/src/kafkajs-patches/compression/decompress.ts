import { promisify } from 'node:util';
import zlib from 'node:zlib';

import { decompressFrame } from 'lz4-napi';

import { mostBytesOfLz4 } from './lz4-frame.js';
import { uncompressSnappy } from './snappy-framing.js';
import { tooLarge, UnreadableBytes } from './unreadable-bytes.js';

/**
 * The compression of a record batch by its number, the lowest three bits of its attributes (KIP-98, KIP-110).
 */
export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type CodecName = (typeof CODEC_NAMES)[number];

/** This process cannot read a codec that other processes can. Such records must not be skipped. */
export class MissingCodec extends Error {
  override readonly name = 'MissingCodec';
}

type ZstdDecompress = typeof zlib.zstdDecompress;

const nodeZstd = (zlib as Partial<typeof zlib>).zstdDecompress ?? null;

/**
 * Decompresses bytes, up to `limit` bytes, so that a few bytes of a producer cannot fill the memory.
 * @param zstd Node's own decompressor, which Node has from 22.15 and 23.8 on.
 * @throws {UnreadableBytes} when there is more, or the bytes are not of that codec.
 * @throws {MissingCodec} for zstd on an older Node.
 */
export async function decompress(
  codec: CodecName,
  bytes: Buffer,
  limit: number,
  zstd: ZstdDecompress | null = nodeZstd,
): Promise<Buffer> {
  if (zstd === null && codec === 'zstd') {
    throw new MissingCodec(
      `a batch is compressed with zstd, which Node ${process.versions.node} cannot read. Run this service on Node 24`,
    );
  }
  try {
    return await decompressed(codec, bytes, limit, zstd as ZstdDecompress);
  } catch (error) {
    if (error instanceof UnreadableBytes) throw error;
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(codec, limit);
    throw new UnreadableBytes(`the ${codec} data is damaged: ${(error as Error).message}`, { cause: error });
  }
}

async function decompressed(
  codec: CodecName,
  bytes: Buffer,
  limit: number,
  zstd: ZstdDecompress,
): Promise<Buffer> {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(bytes, { maxOutputLength: limit });
    case 'zstd':
      return promisify<Buffer, zlib.ZstdOptions, Buffer>(zstd)(bytes, { maxOutputLength: limit });
    case 'snappy':
      return uncompressSnappy(bytes, limit);
    case 'lz4':
      // The library has no limit of its own, so the frame is measured first.
      if (mostBytesOfLz4(bytes) > limit) throw tooLarge(codec, limit);
      return decompressFrame(bytes);
  }
}

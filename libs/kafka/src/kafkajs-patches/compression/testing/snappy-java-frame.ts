import { compressSync } from 'snappy';

/** Writes what snappy-java writes: a header, then chunks of 32 KiB, each after its length. */
export function snappyJavaFrame(bytes: Buffer, chunkBytes = 32 * 1_024): Buffer {
  const parts: Buffer[] = [Buffer.from('82534e415050590000000001' + '00000001', 'hex')];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = compressSync(bytes.subarray(at, at + chunkBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(chunk.length);
    parts.push(length, chunk);
  }
  return Buffer.concat(parts);
}

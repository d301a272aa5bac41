/** A record without key, value and headers, at the first offset of its batch, as it lies in the log. */
export const LEAST_RECORD = Buffer.from([0x0c, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00]);

/** So many of them. */
export const records = (count: number): Buffer => Buffer.concat(Array<Buffer>(count).fill(LEAST_RECORD));

/** A number as records hold it (KIP-98): its sign in the lowest bit, seven bits a byte, the lowest first. */
export function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = number < 0 ? -number * 2 - 1 : number * 2;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** What a batch says of its compression. */
export const ATTRIBUTES = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4, unheardOf: 6 };

export interface Written {
  readonly firstOffset?: bigint;
  readonly count: number;
  readonly records: Buffer;
  readonly attributes?: number;
}

/** A record batch as a broker sends it (KIP-98). */
export function batch({ firstOffset = 0n, count, records, attributes = ATTRIBUTES.none }: Written): Buffer {
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(firstOffset, 0);
  header.writeInt32BE(61 - 12 + records.length, 8);
  header[16] = 2;
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(Math.max(count - 1, 0), 23);
  header.writeBigInt64BE(1_700_000_000_000n, 35);
  header.writeBigInt64BE(7n, 43);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, records]);
}

import { CODEC_NAMES, type CodecName } from './decompress.js';
import { UnreadableBytes } from './unreadable-bytes.js';

/** The header of a batch (KIP-98): its length in bytes, and the positions of its fields. */
export const BATCH_HEADER_BYTES = 61;
const LENGTH_AT = 8;
/** The length counts what follows it. */
const LENGTH_COUNTS_FROM = 12;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const COUNT_AT = 57;

const MAGIC = 2;
const CODEC_BITS = 0x07;
const CONTROL_BIT = 0x20;

/** The minimum size of a record, bytes: a length, attributes, two deltas, no key, no value, no headers. */
const LEAST_RECORD_BYTES = 7;

/** A batch as it is in the log; its records are not read yet. */
export interface RecordBatchFrame {
  readonly bytes: Buffer;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** Ms since the epoch. */
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  /** Null for the number of no known codec. */
  readonly codec: CodecName | null;
  readonly isControl: boolean;
  readonly count: number;
}

/**
 * The batches in the bytes that a broker sent of a partition. The last one may be incomplete and is left out.
 */
export function batchesIn(sent: Buffer): RecordBatchFrame[] {
  const batches: RecordBatchFrame[] = [];
  for (let at = 0; at + BATCH_HEADER_BYTES <= sent.length;) {
    const end = at + LENGTH_COUNTS_FROM + sent.readInt32BE(at + LENGTH_AT);
    if (end < at + BATCH_HEADER_BYTES) throw new Error('a broker sent a record batch without a header');
    // An old topic may begin with batches of an older format. A later fetch brings the batches behind them.
    if (end > sent.length || sent[at + MAGIC_AT] !== MAGIC) break;
    batches.push(frame(sent.subarray(at, end)));
    at = end;
  }
  return batches;
}

/** True for the format of batches that Kafka has written since 0.11. */
export function isRecordBatch(sent: Buffer): boolean {
  return sent[MAGIC_AT] === MAGIC;
}

function frame(bytes: Buffer): RecordBatchFrame {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const firstOffset = bytes.readBigInt64BE(0);
  return {
    bytes,
    firstOffset,
    lastOffset: firstOffset + BigInt(bytes.readInt32BE(LAST_OFFSET_DELTA_AT)),
    maxTimestamp: bytes.readBigInt64BE(MAX_TIMESTAMP_AT),
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT),
    codec: CODEC_NAMES[attributes & CODEC_BITS] ?? null,
    isControl: (attributes & CONTROL_BIT) !== 0,
    count: bytes.readInt32BE(COUNT_AT),
  };
}

/** The compressed part of a batch. */
export function recordsOf({ bytes }: RecordBatchFrame): Buffer {
  return bytes.subarray(BATCH_HEADER_BYTES);
}

/** The same batch as it would be without compression. */
export function withRecords(batch: RecordBatchFrame, records: Buffer): Buffer {
  if (batch.codec === 'none') return batch.bytes;
  const whole = Buffer.concat([batch.bytes.subarray(0, BATCH_HEADER_BYTES), records]);
  whole.writeInt32BE(whole.length - LENGTH_COUNTS_FROM, LENGTH_AT);
  whole.writeInt16BE(whole.readInt16BE(ATTRIBUTES_AT) & ~CODEC_BITS, ATTRIBUTES_AT);
  return whole;
}

/**
 * @throws {UnreadableBytes} when a batch claims more records than its bytes can hold, or more than the limit.
 */
export function demandCredible({ count }: RecordBatchFrame, records: Buffer, most: number): void {
  if (count < 0 || count * LEAST_RECORD_BYTES > records.length) {
    throw new UnreadableBytes(
      `${records.length} bytes cannot hold the ${count} records that the batch names`,
    );
  }
  if (count > most)
    throw new UnreadableBytes(`the batch holds ${count} records, and ${most} are read of one`);
}

import { decodeRecordBatch, type FetchedMessage } from '../kafkajs-internals.js';
import { decompress, MissingCodec } from './decompress.js';
import { headersNamed } from './header-count.js';
import { demandCredible, type RecordBatchFrame, recordsOf, withRecords } from './record-batch.js';
import { UnreadableBytes } from './unreadable-bytes.js';

/**
 * The maximum decompressed size of a batch, bytes. Kafka's own limit, 1 MiB by default, applies to the
 * compressed batch: a few kilobytes can expand to gigabytes.
 */
export const MAX_BATCH_BYTES = 64 * 1_024 * 1_024;
/**
 * The maximum number of records in a batch, because each becomes several objects in memory. 1 MiB without
 * compression can hold 149,796.
 */
export const MAX_BATCH_RECORDS = 262_144;
/**
 * The maximum number of headers in a batch, over all records, because each becomes several objects too. 1 MiB
 * without compression can hold 524,253. A few compressed kilobytes could hold 32 million, more than fits into
 * memory.
 */
export const MAX_BATCH_HEADERS = 524_288;
/** What a record, or a header, takes in memory beyond its bytes, roughly. */
const OBJECT_BYTES = 256;

/** How much memory a fetch may still take, bytes. */
export interface FetchBudget {
  left: number;
}

/**
 * The records of batches, in order, in the shape of kafkajs' records. It stops when the memory budget of the
 * fetch is used up, as if the rest had not been sent. A batch that nobody can read becomes one message with
 * its bytes and the reason: see {@link FetchedMessage}.
 * @throws {MissingCodec} when only this process cannot read it.
 */
export async function readRecords(
  batches: readonly RecordBatchFrame[],
  budget: FetchBudget,
): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  for (const batch of batches) {
    if (budget.left <= 0) break;
    // One at a time: a batch may hold more records than a call takes arguments.
    for (const message of await readBatch(batch, budget)) messages.push(message);
  }
  return messages;
}

async function readBatch(batch: RecordBatchFrame, budget: FetchBudget): Promise<readonly FetchedMessage[]> {
  // Compaction leaves the last batch of a producer behind without records. kafkajs would never move past it.
  if (batch.count === 0) return [placeholder(batch, { value: null, isControlRecord: true })];
  try {
    const { records, headers } = await recordsRead(batch);
    budget.left -= records.length + (batch.count + headers) * OBJECT_BYTES;
    return await decodeRecordBatch(withRecords(batch, records));
  } catch (error) {
    if (error instanceof MissingCodec) throw error;
    budget.left -= batch.bytes.length;
    const unreadable = (error as Error).message;
    return [
      placeholder(batch, {
        value: batch.bytes,
        isControlRecord: batch.isControl,
        batchContext: { producerId: String(batch.producerId) },
        unreadable,
      }),
    ];
  }
}

/** The records of a batch as bytes, and the number of their headers. */
async function recordsRead(batch: RecordBatchFrame): Promise<{ records: Buffer; headers: number }> {
  if (batch.codec === null) throw new MissingCodec('a batch is compressed with a codec that nobody knew of');
  const records = await decompress(batch.codec, recordsOf(batch), MAX_BATCH_BYTES);
  demandCredible(batch, records, MAX_BATCH_RECORDS);
  const headers = headersNamed(records, batch.count);
  if (headers > MAX_BATCH_HEADERS) {
    throw new UnreadableBytes(`the batch holds ${headers} headers, and ${MAX_BATCH_HEADERS} are read of one`);
  }
  return { records, headers };
}

/** A message that replaces a whole batch, at the end of the batch. */
function placeholder(
  { lastOffset, maxTimestamp }: RecordBatchFrame,
  message: Pick<FetchedMessage, 'value' | 'isControlRecord' | 'batchContext' | 'unreadable'>,
): FetchedMessage {
  return {
    offset: String(lastOffset),
    timestamp: String(maxTimestamp),
    attributes: 0,
    key: null,
    headers: {},
    ...message,
  };
}

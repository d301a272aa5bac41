import {
  decodeLegacyMessages,
  type FetchedPartition,
  newDecoder,
  type WireDecoder,
} from '../kafkajs-internals.js';
import { type FetchBudget, MAX_BATCH_BYTES, readRecords } from './read-records.js';
import { batchesIn, isRecordBatch } from './record-batch.js';

/** A fetch response in the shape that kafkajs' consumers take. */
export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** Reads a response to Fetch, version 11 (Kafka 2.3 and later), instead of kafkajs' own reading. */
export async function decodeFetchResponse(raw: Buffer): Promise<FetchResponse> {
  const decoder = newDecoder(raw);
  const budget: FetchBudget = { left: MAX_BATCH_BYTES };
  const clientSideThrottleTime = decoder.readInt32();
  const errorCode = decoder.readInt16();
  const sessionId = decoder.readInt32();
  const responses = await decoder.readArrayAsync(async (topic) => ({
    topicName: topic.readString() ?? '',
    partitions: await topic.readArrayAsync((partition) => decodePartition(partition, budget)),
  }));
  // As in kafkajs: the broker expects its clients to wait, and has not waited itself.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function decodePartition(decoder: WireDecoder, budget: FetchBudget): Promise<FetchedPartition> {
  const partition = decoder.readInt32();
  const errorCode = decoder.readInt16();
  const highWatermark = String(decoder.readInt64());
  const lastStableOffset = String(decoder.readInt64());
  const lastStartOffset = String(decoder.readInt64());
  const abortedTransactions = decoder.readArray((each) => ({
    producerId: String(each.readInt64()),
    firstOffset: String(each.readInt64()),
  }));
  const preferredReadReplica = decoder.readInt32();
  const size = decoder.readInt32();
  const sent = size > 0 && decoder.canReadBytes(size) ? decoder.readBytes(size) : null;
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    lastStartOffset,
    abortedTransactions,
    preferredReadReplica,
    messages: await messagesOf(sent, budget),
  };
}

async function messagesOf(sent: Buffer | null, budget: FetchBudget): Promise<FetchedPartition['messages']> {
  if (sent === null) return [];
  return isRecordBatch(sent) ? readRecords(batchesIn(sent), budget) : decodeLegacyMessages(sent);
}

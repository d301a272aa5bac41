import {
  decodeLegacyMessages,
  type Fetched,
  type FetchedPartition,
  newDecoder,
  type WireDecoder,
} from '../kafkajs-internals.js';
import { type FetchBudget, MAX_BATCH_BYTES, readRecords } from './read-records.js';
import { batchesIn, isRecordBatch } from './record-batch.js';

/** A fetch response in the shape that kafkajs' consumers take. */
export interface FetchResponse extends Fetched {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
}

/** What was sent of a partition, before its records are read. */
interface SentPartition {
  readonly partition: Omit<FetchedPartition, 'messages'>;
  readonly sent: Buffer | null;
}

/**
 * Reads a response to Fetch, version 11 (Kafka 2.3 and later), instead of kafkajs' own reading. The memory budget is for all
 * partitions together, so each is the first to take of it in some answers: in a session the broker takes what it has
 * sent for read and keeps the order, and the last partitions would never be read beside full ones.
 */
export async function decodeFetchResponse(raw: Buffer): Promise<FetchResponse> {
  const decoder = newDecoder(raw);
  const clientSideThrottleTime = decoder.readInt32();
  const errorCode = decoder.readInt16();
  const sessionId = decoder.readInt32();
  const topics = decoder.readArray((topic) => ({
    topicName: topic.readString() ?? '',
    partitions: topic.readArray(readPartition),
  }));
  const messages = await messagesOfAll(topics.flatMap(({ partitions }) => partitions));
  const responses = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map((each) => ({ ...each.partition, messages: messages.get(each) ?? [] })),
  }));
  // As in kafkajs: the broker expects its clients to wait, and has not waited itself.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function readPartition(decoder: WireDecoder): SentPartition {
  const partition = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: String(decoder.readInt64()),
    lastStableOffset: String(decoder.readInt64()),
    lastStartOffset: String(decoder.readInt64()),
    abortedTransactions: decoder.readArray((each) => ({
      producerId: String(each.readInt64()),
      firstOffset: String(each.readInt64()),
    })),
    preferredReadReplica: decoder.readInt32(),
  };
  const size = decoder.readInt32();
  return { partition, sent: size > 0 && decoder.canReadBytes(size) ? decoder.readBytes(size) : null };
}

/** The records of each partition, read one after the other from any of them on. */
async function messagesOfAll(
  partitions: readonly SentPartition[],
): Promise<ReadonlyMap<SentPartition, FetchedPartition['messages']>> {
  const budget: FetchBudget = { left: MAX_BATCH_BYTES };
  const first = Math.floor(Math.random() * partitions.length);
  const messages = new Map<SentPartition, FetchedPartition['messages']>();
  for (const each of [...partitions.slice(first), ...partitions.slice(0, first)])
    messages.set(each, await messagesOf(each.sent, budget));
  return messages;
}

async function messagesOf(sent: Buffer | null, budget: FetchBudget): Promise<FetchedPartition['messages']> {
  if (sent === null) return [];
  return isRecordBatch(sent) ? readRecords(batchesIn(sent), budget) : decodeLegacyMessages(sent);
}

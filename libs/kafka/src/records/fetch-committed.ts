import { type Cluster, createCluster, type FetchedPartition } from '../kafkajs-patches/kafkajs-internals.js';
import type { Kafka } from 'kafkajs';

import { type ReceivedRecord, toReceivedRecord } from './received-record.js';

/** Kafka's number for the isolation level "read committed". */
const READ_COMMITTED = 1;
const MAX_WAIT_MS = 100;

/** A record of one partition, or an offset that holds none. */
export interface FetchedOffset {
  readonly offset: bigint;
  /** A control record, or a record of an aborted transaction. */
  readonly isControlRecord: boolean;
  readonly record: () => ReceivedRecord;
}

/** What a broker answered about one partition. */
export interface FetchedOffsets {
  /** In order, from the offset that was asked for. */
  readonly offsets: readonly FetchedOffset[];
  /** Where the part of the log ends that every in-sync replica has. */
  readonly highWatermark: bigint;
}

/** A cluster that reads committed records alone. Connect and disconnect it yourself. */
export function createReadingCluster(kafka: Kafka): Cluster {
  return createCluster(kafka, { isolationLevel: READ_COMMITTED });
}

/**
 * Asks the leader of a partition for its committed records from an offset on.
 * @param maxBytes how much it answers at most; at least one batch.
 */
export async function fetchCommitted(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: bigint,
  maxBytes: number,
): Promise<FetchedOffsets> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`);
  const broker = await cluster.findBroker({ nodeId });
  const { responses } = await broker.fetch({
    isolationLevel: READ_COMMITTED,
    maxWaitTime: MAX_WAIT_MS,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
  });
  const fetched = responses.flatMap(({ partitions }): readonly FetchedPartition[] => partitions);
  const offsets = fetched
    .flatMap(({ messages }) => messages)
    .map((message) => ({
      offset: BigInt(message.offset),
      isControlRecord: message.isControlRecord,
      record: () => toReceivedRecord(message),
    }))
    // A batch is fetched as a whole, including its records before the offset.
    .filter((each) => each.offset >= offset);
  return { offsets, highWatermark: BigInt(fetched[0]?.highWatermark ?? 0) };
}

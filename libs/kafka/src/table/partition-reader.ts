import { setTimeout as delay } from 'node:timers/promises';

import type { Kafka } from 'kafkajs';

import { isLostLeader } from '../kafkajs-patches/failover/lost-coordinator.js';
import type { Cluster, KafkaError } from '../kafkajs-patches/kafkajs-internals.js';
import { createReadingCluster, fetchCommitted } from '../records/fetch-committed.js';
import type { ReceivedRecord } from '../records/received-record.js';

export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  /** The offset to begin at. */
  readonly from: bigint;
  /** Reading ends before this offset. Absent: only `take` ends it. */
  readonly until?: bigint;
}

const MAX_BYTES = 1_048_576;
const LOOK_AGAIN_MS = 100;

/**
 * Reads the committed records of one partition from an offset on. Each record goes to `take`, until `take`
 * answers that it has seen enough. If the offset no longer exists, reading begins at the first existing one.
 * Waits while the partition has no leader; rejects when reading has not ended within `timeoutMs`.
 *
 * It asks the leader of the partition directly. A kafkajs consumer reads only what a group assigns to it, and
 * a broker lets each new group wait 3 s for more members (`group.initial.rebalance.delay.ms`).
 */
export async function readPartition(
  kafka: Kafka,
  { topic, partition, from, until }: PartitionRange,
  take: (record: ReceivedRecord) => 'go-on' | 'enough',
  timeoutMs: number,
): Promise<void> {
  const cluster = createReadingCluster(kafka);
  const deadline = Date.now() + timeoutMs;
  let next = from;
  try {
    await cluster.connect();
    while (until === undefined || next < until) {
      if (Date.now() > deadline)
        throw new Error(`reading ${topic}/${partition} did not end within ${timeoutMs} ms`);
      try {
        await cluster.addTargetTopic(topic);
        const { offsets } = await fetchCommitted(cluster, topic, partition, next, MAX_BYTES);
        for (const record of offsets) {
          if (until !== undefined && record.offset >= until) return;
          next = record.offset + 1n;
          if (!record.isControlRecord && take(record.record()) === 'enough') return;
        }
      } catch (error) {
        if ((error as KafkaError).type === 'OFFSET_OUT_OF_RANGE') {
          next = (await offsetAt(cluster, topic, partition, 'beginning')) ?? 0n;
        } else if (isLostLeader(error)) {
          await Promise.all([cluster.refreshMetadata().catch(() => undefined), delay(LOOK_AGAIN_MS)]);
        } else throw error;
      }
    }
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

/**
 * The offset behind the last record of a partition that readers of committed records see now. A transaction that is not
 * decided holds it back.
 * @throws when the partition has no leader just now.
 */
export async function committedEnd(kafka: Kafka, topic: string, partition: number): Promise<bigint> {
  const cluster = createReadingCluster(kafka);
  try {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const end = await offsetAt(cluster, topic, partition, 'end');
    if (end === null) throw new Error(`${topic}/${partition} has no leader`);
    return end;
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

async function offsetAt(
  cluster: Cluster,
  topic: string,
  partition: number,
  where: 'beginning' | 'end',
): Promise<bigint | null> {
  const [found] = (await cluster.fetchTopicsOffset([
    { topic, partitions: [{ partition }], fromBeginning: where === 'beginning' },
  ])) as { partitions: { offset: string }[] }[];
  const offset = found?.partitions[0]?.offset;
  return offset === undefined ? null : BigInt(offset);
}

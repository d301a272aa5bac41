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
 * Reads committed records of partitions, over a connection that is kept from one reading to the next.
 *
 * It asks the leader of the partition directly. A kafkajs consumer reads only what a group assigns to it, and
 * a broker lets each new group wait 3 s for more members (`group.initial.rebalance.delay.ms`).
 */
export class PartitionReader {
  private readonly cluster: Cluster;

  /** Connects when something is read. Close it yourself. */
  constructor(kafka: Kafka) {
    this.cluster = createReadingCluster(kafka);
  }

  /**
   * Reads one partition from an offset on. Each record goes to `take`, until `take` answers that it has seen enough. If
   * the offset no longer exists, reading begins at the first existing one. Waits while the partition has no leader;
   * rejects when reading has not ended within `timeoutMs`.
   */
  async read(
    { topic, partition, from, until }: PartitionRange,
    take: (record: ReceivedRecord) => 'go-on' | 'enough',
    timeoutMs: number,
  ): Promise<void> {
    const { cluster } = this;
    const deadline = Date.now() + timeoutMs;
    let next = from;
    if (until !== undefined && next >= until) return;
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
  }

  /**
   * The offset behind the last record of a partition that readers of committed records see now. A transaction that is not
   * decided holds it back.
   * @throws when the partition has no leader just now.
   */
  async committedEnd(topic: string, partition: number): Promise<bigint> {
    const { cluster } = this;
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const end = await offsetAt(cluster, topic, partition, 'end');
    if (end === null) throw new Error(`${topic}/${partition} has no leader`);
    return end;
  }

  async close(): Promise<void> {
    await this.cluster.disconnect().catch(() => undefined);
  }
}

/** Reads one partition over a connection of its own, see {@link PartitionReader.read}. */
export async function readPartition(
  kafka: Kafka,
  range: PartitionRange,
  take: (record: ReceivedRecord) => 'go-on' | 'enough',
  timeoutMs: number,
): Promise<void> {
  const reader = new PartitionReader(kafka);
  try {
    await reader.read(range, take, timeoutMs);
  } finally {
    await reader.close();
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

import { setTimeout as delay } from 'node:timers/promises';

import type { Kafka } from 'kafkajs';

import { isLostLeader } from '../kafkajs-patches/failover/lost-coordinator.js';
import type { Cluster, KafkaError } from '../kafkajs-patches/kafkajs-internals.js';
import { createReadingCluster, fetchCommitted } from '../records/fetch-committed.js';
import type { ReceivedRecord } from '../records/received-record.js';
import type { TopicPartition } from './topic-partition.js';

/** The place of a record on the log. */
export interface PlacedRecord extends TopicPartition {
  readonly offset: bigint;
}

/** A fetch answers one batch at least, however little is asked for. */
const ONE_BATCH = 1;
const LOOK_AGAIN_MS = 100;
const TIMEOUT_MS = 1_000;

/**
 * Reads single records by their places, over a connection that stays open. It asks for a batch, as producers wrote
 * it: that is the least that brokers give.
 */
export class PlacedRecords {
  private connecting: Promise<Cluster> | null = null;
  private isClosed = false;

  /** @param timeoutMs how long one reading waits for a leader that knows the place. Connecting is not counted. */
  constructor(
    private readonly kafka: Kafka,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /**
   * The record at a place, and those behind it in its batch. Waits while the partition has no leader, or while the
   * place is behind its end: a new leader may not know yet what the former one had acknowledged.
   * @returns nothing when the record is not there: it was deleted, or the topic was recreated.
   * @throws {Error} when neither was found out in time, or after {@link close}.
   */
  async readFrom({ topic, partition, offset }: PlacedRecord): Promise<readonly ReceivedRecord[]> {
    const deadline = Date.now() + this.timeoutMs;
    for (;;) {
      if (this.isClosed) throw new Error('records are no longer read, because the service ends');
      let cluster: Cluster | null = null;
      try {
        cluster = await this.connected();
        await cluster.addTargetTopic(topic);
        const { offsets, highWatermark } = await fetchCommitted(cluster, topic, partition, offset, ONE_BATCH);
        const [first] = offsets;
        if (first?.offset === offset && !first.isControlRecord) {
          return offsets.filter(({ isControlRecord }) => !isControlRecord).map(({ record }) => record());
        }
        if (offset < highWatermark) return [];
      } catch (error) {
        if ((error as KafkaError).type === 'OFFSET_OUT_OF_RANGE') return [];
        if (!isLostLeader(error)) throw error;
        await cluster?.refreshMetadata().catch(() => undefined);
      }
      if (Date.now() > deadline) {
        throw new Error(
          `the leader of ${topic}/${partition} does not show yet whether it has offset ${offset}`,
        );
      }
      await delay(LOOK_AGAIN_MS, undefined, { ref: false });
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const cluster = await this.connecting?.catch(() => null);
    await cluster?.disconnect().catch(() => undefined);
  }

  private connected(): Promise<Cluster> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  private async connect(): Promise<Cluster> {
    const cluster = createReadingCluster(this.kafka);
    try {
      await cluster.connect();
      return cluster;
    } catch (error) {
      this.connecting = null;
      throw error;
    }
  }
}

import { randomUUID } from 'node:crypto';

import { toReceivedRecord } from '@skillora/kafka';
import type { Consumer, Kafka } from 'kafkajs';

import type { TopicPartition } from '../offsets.js';
import type { ProjectedBatch } from '../projected-work.js';
import type { Projector } from '../projector.js';

/**
 * How many partitions are read ahead of the database; together with the size of a fetch it bounds the memory.
 */
const PARTITIONS_AT_ONCE = 6;
const BYTES_OF_A_PARTITION = 1_024 * 1_024;

/** The name of a partition of the log, for maps. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/**
 * Reads whole topics from their beginning and projects each partition up to an allowed offset. It uses its
 * own consumer group, which it deletes afterwards.
 */
export class LogReader {
  private readonly groupId = `projection-rebuild-${randomUUID()}`;
  private readonly consumer: Consumer;
  private readonly underWay = new Set<Promise<void>>();
  private ends: ReadonlyMap<string, bigint> = new Map();
  /** Paused partitions, with the offset from which they continue. */
  private readonly resting = new Map<string, TopicPartition & { readonly next: bigint }>();
  private ceased = false;
  private failure: Error | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly projector: Projector,
  ) {
    this.consumer = kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: 60_000,
      maxBytesPerPartition: BYTES_OF_A_PARTITION,
      maxBytes: PARTITIONS_AT_ONCE * BYTES_OF_A_PARTITION,
      maxWaitTimeInMs: 100,
    });
  }

  /** Projects only records before these offsets, by {@link partitionName}. */
  readTo(ends: ReadonlyMap<string, bigint>): void {
    this.ends = ends;
    for (const [name, { topic, partition, next }] of this.resting) {
      if (next >= (ends.get(name) ?? 0n)) continue;
      this.resting.delete(name);
      this.consumer.resume([{ topic, partitions: [partition] }]);
    }
  }

  /** Resolves when reading has begun. */
  async start(topics: readonly string[]): Promise<void> {
    this.consumer.on(this.consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.failure ??= payload.error;
    });
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async (payload) => {
        const { topic, partition, messages } = payload.batch;
        const records = messages.map(toReceivedRecord);
        const end = this.ends.get(partitionName({ topic, partition })) ?? 0n;
        const within = records.filter(({ offset }) => offset < end);
        const beyond = records[within.length];
        if (this.ceased || this.failure || beyond) payload.pause();
        if (this.ceased || this.failure) return;
        if (within.length > 0) {
          if (!(await this.project({ topic, partition, records: within }))) return;
          payload.resolveOffset(String(within.at(-1)?.offset));
        }
        if (beyond) {
          this.resting.set(partitionName({ topic, partition }), { topic, partition, next: beyond.offset });
        }
      },
    });
  }

  private async project(batch: ProjectedBatch): Promise<boolean> {
    const applied = this.projector.apply(batch);
    this.underWay.add(applied);
    try {
      await applied;
      return true;
    } catch (error) {
      this.failure ??= error as Error;
      return false;
    } finally {
      this.underWay.delete(applied);
    }
  }

  /** @throws the error that ended the reading. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Applies nothing more; resolves when the work in progress has ended. */
  async cease(): Promise<void> {
    this.ceased = true;
    await Promise.allSettled(this.underWay);
    this.check();
  }

  /** Deletes the consumer group. */
  async stop(): Promise<void> {
    this.ceased = true;
    await this.consumer.disconnect();
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await admin.deleteGroups([this.groupId]);
    } finally {
      await admin.disconnect();
    }
  }
}

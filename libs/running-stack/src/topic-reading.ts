import { randomUUID } from 'node:crypto';

import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { NothingMoves, whileItMoves } from '@skillora/testing';
import type { Admin, Consumer } from 'kafkajs';

/** A committed record and its position. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Ms since the epoch. */
  readonly at: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/**
 * Longer than a busy machine delays a heartbeat: a reader that is removed from its group starts again at the
 * first record.
 */
const SESSION_MS = 120_000;

/** Reads the committed records of topics from the first on, each once, until it is stopped. */
export class TopicReading {
  /**
   * The offset behind the last one that was read in each partition; it counts markers and aborted records
   * too.
   */
  private readonly next = new Map<string, bigint>();

  private constructor(
    private readonly topics: readonly string[],
    private readonly consumer: Consumer,
    private readonly admin: Admin,
  ) {}

  /** @param topics by default all topics. */
  static async start(
    brokers: string[],
    take: (record: LogRecord) => void,
    topics?: readonly string[],
  ): Promise<TopicReading> {
    const clientId = 'topic-reading';
    const kafka = createKafka({ clientId, brokers, logger: createLogger(clientId, 'silent') });
    const admin = kafka.admin();
    await admin.connect();
    const all = topics ?? (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
    const consumer = kafka.consumer({
      groupId: `topic-reading-${randomUUID()}`,
      readUncommitted: false,
      maxWaitTimeInMs: 200,
      sessionTimeout: SESSION_MS,
    });
    const reading = new TopicReading(all, consumer, admin);
    try {
      await reading.run(take);
    } catch (error) {
      await reading.stop();
      throw error;
    }
    return reading;
  }

  /** Its progress over all partitions: grows while it reads. */
  get come(): number {
    return [...this.next.values()].reduce((sum, next) => sum + Number(next), 0);
  }

  /**
   * Resolves once everything that is in the topics now has been read.
   * @throws {NothingMoves} when reading makes no progress; it names the partitions that were not read to
   * their ends.
   */
  async reachEnds(): Promise<void> {
    const ends = new Map<string, bigint>();
    for (const topic of this.topics) {
      for (const { partition, low, high } of await this.admin.fetchTopicOffsets(topic)) {
        if (low !== high) ends.set(`${topic}/${partition}`, BigInt(high));
      }
    }
    const short = (): string[] =>
      [...ends]
        .filter(([place, end]) => (this.next.get(place) ?? 0n) < end)
        .map(([place, end]) => `${place} was read to offset ${this.next.get(place) ?? 0n} of ${end}`);
    try {
      await whileItMoves('the ends of the topics', () => ({ over: short().length === 0, come: this.come }));
    } catch (error) {
      if (!(error instanceof NothingMoves)) throw error;
      throw new NothingMoves(`${error.message}; ${short().join(', ')}`);
    }
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
    await this.admin.disconnect();
  }

  private async run(take: (record: LogRecord) => void): Promise<void> {
    const { consumer } = this;
    const taken = new Map<string, bigint>();
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
      const place = `${topic}/${partition}`;
      const next = BigInt(lastOffset) + 1n;
      if (next > (this.next.get(place) ?? 0n)) this.next.set(place, next);
    });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch: { topic, partition, messages } }) => {
        const place = `${topic}/${partition}`;
        for (const { offset: text, timestamp, key, value } of messages) {
          const offset = BigInt(text);
          // After a rebalance a reader starts again at the first record; records that it has read before are
          // skipped.
          if (offset <= (taken.get(place) ?? -1n)) continue;
          taken.set(place, offset);
          take({ topic, partition, offset, at: Number(timestamp), key, value });
        }
        return Promise.resolve();
      },
    });
  }
}

import { randomUUID } from 'node:crypto';

import type { RecordSchema } from '@skillora/contracts';
import { FreshRuns, type Logger } from '@skillora/operability';
import type { Admin, Consumer, Kafka } from 'kafkajs';

import { tryUntilDone } from '../backoff.js';
import { PATIENT_RETRY } from '../client/client.js';
import { watchForDeletedRecords } from '../consumer/deleted-records.js';
import { SupervisedConsumer } from '../consumer/supervised-consumer.js';
import { decodeRecord } from '../records/decode-record.js';
import { KafkaMetrics } from '../client/kafka-metrics.js';
import { type ReceivedRecord, toReceivedRecord } from '../records/received-record.js';
import { rememberAllButEnds } from '../kafkajs-patches/remember-all-but-ends.js';
import { restAlone } from '../kafkajs-patches/rest-when-idle.js';

/** The content of a record of a table. */
export interface TableChange<T> {
  readonly key: string;
  /** Null when it is a tombstone. */
  readonly state: T | null;
  /** When it was written, ms since the epoch. */
  readonly timestamp: number;
}

export interface TopicTableOptions<T> {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly schema: RecordSchema<T>;
  readonly logger: Logger;
  /**
   * Called once for each valid record, in order within a partition. A record on which it throws is skipped.
   */
  readonly apply: (change: TableChange<T>) => void;
}

/** When a table does not reach the end for this long, the end is read again. */
const LOOK_AGAIN_MS = 2_000;
/** The pauses before the end is asked for again. */
const BACKOFF = { firstMs: 50, mostMs: 500 };
/** The longest delay before another consumer is started. */
const MAX_BACKOFF_MS = 5_000;

/**
 * A table in memory that follows a topic. Every instance of a service reads the whole topic from its
 * beginning, in a group of its own, and keeps following it. The topic must not be written in transactions:
 * their markers would put the end offset out of reach.
 */
export class TopicTable<T> {
  private readonly log: Logger;
  /** The next offset to apply, by partition. */
  private readonly positions = new Map<number, bigint>();
  private waiting: { ends: Map<number, bigint>; resolve: () => void }[] = [];
  private readonly consumer: SupervisedConsumer;
  private admin: Admin | null = null;
  private stopWatching: (() => void) | null = null;
  private started = false;
  private readonly closer = new AbortController();
  private readonly checks = new FreshRuns(() => this.readToEnd());

  constructor(private readonly options: TopicTableOptions<T>) {
    this.log = options.logger.child({ table: options.topic });
    this.consumer = new SupervisedConsumer({
      create: () => this.create(),
      run: (consumer) => this.run(consumer),
      onEnd: (cause) =>
        this.log.error(
          { err: cause },
          'this instance stopped following a topic; starting again. If this repeats, check the brokers',
        ),
      onFailedStart: (error) =>
        this.log.error(
          { err: error },
          'this instance still cannot follow the topic; trying again. Fix what the error names, usually the brokers',
        ),
      maxBackoffMs: MAX_BACKOFF_MS,
      closing: this.closer.signal,
    });
  }

  /** True once the table has read everything that was in the topic when it started. */
  get ready(): boolean {
    return this.started;
  }

  /** Starts following the topic. Resolves when everything that is in the topic now has been applied. */
  async start(): Promise<void> {
    rememberAllButEnds(this.options.topic);
    this.admin = this.options.kafka.admin();
    await this.admin.connect();
    await this.consumer.start();
    await this.caughtUp();
    this.started = true;
  }

  /**
   * Resolves when every record that was acknowledged before this call has been applied. Concurrent calls
   * share one lookup of the topic's end, which begins after the call. It waits while brokers are down;
   * callers with a deadline enforce it themselves.
   */
  caughtUp(): Promise<void> {
    return this.checks.afterNow();
  }

  async stop(): Promise<void> {
    this.closer.abort();
    this.stopWatching?.();
    // Called at once after the abort: a fetch that is held ends for a consumer that ends, see `restAlone`.
    await this.consumer.disconnect();
    await this.admin?.disconnect().catch(() => undefined);
  }

  private async readToEnd(): Promise<void> {
    for (;;) {
      const ends = await this.ends();
      if (this.reached(ends)) return;
      // An end can be out of reach: when all records before it have been deleted, there is nothing to read.
      if (await this.reaches(ends, LOOK_AGAIN_MS)) return;
    }
  }

  /** Waits until the ends are reached, up to a time limit. @returns whether they were reached. */
  private reaches(ends: Map<number, bigint>, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => {
        this.waiting = this.waiting.filter((each) => each !== waiting);
        resolve(false);
      }, withinMs);
      giveUp.unref();
      const waiting = {
        ends,
        resolve: () => {
          clearTimeout(giveUp);
          resolve(true);
        },
      };
      this.waiting.push(waiting);
    });
  }

  /**
   * The end of each partition that holds records. kafkajs gives up at once when a broker is down; this does
   * not.
   */
  private async ends(): Promise<Map<number, bigint>> {
    return await tryUntilDone(() => this.readEnds(), {
      ...BACKOFF,
      onFailure: (error, attempt) => {
        if (!this.isFollowing()) throw error;
        this.log.debug({ err: error, attempt }, 'the end of the topic could not be read; trying again');
      },
    });
  }

  private async readEnds(): Promise<Map<number, bigint>> {
    const { admin } = this;
    if (!admin || !this.isFollowing()) throw new Error(`the table of ${this.options.topic} is not started`);
    const ends = new Map<number, bigint>();
    for (const { partition, high, low } of await admin.fetchTopicOffsets(this.options.topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(partition, BigInt(high));
    }
    return ends;
  }

  private isFollowing(): boolean {
    return this.admin !== null && !this.closer.signal.aborted;
  }

  private reached(ends: Map<number, bigint>): boolean {
    for (const [partition, end] of ends) if ((this.positions.get(partition) ?? 0n) < end) return false;
    return true;
  }

  private create(): Consumer {
    const groupId = `table-${this.options.topic}-${randomUUID()}`;
    restAlone(groupId, this.closer.signal);
    this.stopWatching?.();
    this.stopWatching = watchForDeletedRecords({
      kafka: this.options.kafka,
      groupId,
      name: `table-${this.options.topic}`,
      logger: this.log,
    });
    return this.options.kafka.consumer({
      groupId,
      maxWaitTimeInMs: 250,
      sessionTimeout: 10_000,
      heartbeatInterval: 2_000,
      allowAutoTopicCreation: false,
      retry: PATIENT_RETRY,
    });
  }

  private async run(consumer: Consumer): Promise<void> {
    consumer.on(consumer.events.GROUP_JOIN, () => {
      // Nothing is ever committed, so after joining again kafkajs would read from the beginning and show old
      // states.
      for (const [partition, position] of this.positions) {
        consumer.seek({ topic: this.options.topic, partition, offset: String(position) });
      }
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        let position = this.positions.get(batch.partition) ?? 0n;
        for (const message of batch.messages) {
          const record = toReceivedRecord(message);
          if (record.offset < position) continue;
          position = record.offset + 1n;
          this.apply(record, batch.partition);
        }
        this.positions.set(batch.partition, position);
        this.release();
        return Promise.resolve();
      },
    });
  }

  private apply(record: ReceivedRecord, partition: number): void {
    const { key, value, timestamp } = record;
    if (key === null) return;
    if (value === null) {
      this.take({ key, state: null, timestamp }, record, partition);
      return;
    }
    const { topic, schema } = this.options;
    const state = decodeRecord(schema, record, { topic, partition }, this.log);
    if (state !== null) this.take({ key, state, timestamp }, record, partition);
  }

  /**
   * One record that cannot be applied must not block all records behind it: it is read again at each start.
   */
  private take(change: TableChange<T>, { offset }: ReceivedRecord, partition: number): void {
    const { topic, apply } = this.options;
    try {
      apply(change);
    } catch (error) {
      KafkaMetrics.recordUnhandled('table', topic);
      this.log.error(
        { err: error, topic, partition, offset: String(offset), key: change.key },
        'a record could not be applied because of a fault in our code. It was skipped, so the change it describes has no effect. Report the error, and see RecordsUnhandled in docs/operations.md',
      );
    }
  }

  private release(): void {
    if (this.waiting.length === 0) return;
    this.waiting = this.waiting.filter(({ ends, resolve }) => {
      if (!this.reached(ends)) return true;
      resolve();
      return false;
    });
  }
}

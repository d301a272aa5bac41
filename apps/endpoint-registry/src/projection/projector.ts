import { isUuid, RecordSchemaError, Topics } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { applyDeliveryNews } from './apply-delivery-news.js';
import { applyEvents } from './apply-events.js';
import { closeDeliveriesOfDeleted } from './close-deliveries.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { readDelivery, readDeliveryResult, readEvent } from './facts.js';
import { lockNextOffset, moveNextOffset, type TopicPartition } from './offsets.js';
import type { ProjectionMetrics } from './projection-metrics.js';
import { inTransaction } from './transaction.js';

/** What the projector needs of a batch. */
export interface ProjectedBatch extends TopicPartition {
  readonly records: readonly Pick<ReceivedRecord, 'key' | 'value' | 'offset' | 'timestamp'>[];
}

/** So many records one transaction applies: enough that its fixed cost is small, few enough that its locks are short. */
const RECORDS_PER_TRANSACTION = 1_000;

/** The projection shares its database connections with the REST API and leaves most of them to it. */
const CONCURRENT_TRANSACTIONS = 4;

/**
 * Applies the log to the database. Each transaction holds rows and the offset behind them, so a record is applied once,
 * whoever hands it over and how often.
 */
export class Projector {
  private readonly limit = new ConcurrencyLimit(CONCURRENT_TRANSACTIONS);
  /** The offsets this process has committed or found, to notice a database that went back in time. */
  private readonly reached = new Map<string, bigint>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: ProjectionMetrics,
    private readonly logger: Logger,
  ) {}

  /** Applies what the database does not have yet of a batch; when it throws, a part may have been applied for good. */
  async apply(batch: ProjectedBatch): Promise<void> {
    const { topic, partition, records } = batch;
    const [first] = records;
    if (!first) return;
    const begun = performance.now();
    this.metrics.received(topic, partition, first.timestamp);
    for (let start = 0; start < records.length; start += RECORDS_PER_TRANSACTION) {
      const part = records.slice(start, start + RECORDS_PER_TRANSACTION);
      await this.limit.run(() => this.applyPart({ topic, partition, records: part }));
      this.metrics.committed(topic, partition, part.length, part.at(-1)?.timestamp ?? first.timestamp);
    }
    this.metrics.finished(topic, partition, (performance.now() - begun) / 1_000);
  }

  /** The partition begins for this process at `offset`. */
  begin(which: TopicPartition, offset: bigint): void {
    this.reached.set(partitionKey(which), offset);
  }

  /** Ends the open deliveries of all deleted endpoints: a compacted topic may have lost the tombstones of old deletions. */
  async closeDeliveriesOfDeleted(): Promise<void> {
    await this.limit.run(() => closeDeliveriesOfDeleted(this.dataSource));
  }

  private async applyPart(part: ProjectedBatch): Promise<void> {
    const { topic, partition, records } = part;
    const next = (records.at(-1)?.offset ?? -1n) + 1n;
    const work = this.prepare(part);
    await work.before?.();
    const from = await inTransaction(this.dataSource, async (client) => {
      const stored = await lockNextOffset(client, part);
      this.checkContinuity(part, stored);
      if (next > stored) {
        await work.apply(client, stored);
        await moveNextOffset(client, part, next);
      }
      return stored;
    });
    // Told once, when they are behind us for good: a batch that cannot be applied is handed over again and again.
    for (const { offset, problem } of work.foreign) {
      if (offset < from) continue;
      this.metrics.recordSkipped(topic);
      this.logger.error(
        { topic, partition, offset: String(offset), problem },
        'skipped a record that does not fit its topic. The topic is internal: only Skillora services may write to it, so find out what else did, or which release disagrees with this one',
      );
    }
    if (next > from) this.reached.set(partitionKey(part), next);
  }

  /** Decodes records and says what to do with those from an offset on, which only the transaction knows. */
  private prepare(part: ProjectedBatch): Work {
    switch (part.topic) {
      case Topics.events:
        return decoded(part, readEvent, applyEvents);
      case Topics.deliveries:
        return decoded(part, readDelivery, applyDeliveryNews);
      case Topics.deliveryResults:
        return decoded(part, readDeliveryResult, applyDeliveryNews);
      case Topics.endpoints: {
        const deleted = part.records.flatMap(({ key, value }) =>
          value === null && isUuid(key) ? [key.toLowerCase()] : [],
        );
        return {
          foreign: [],
          // Any number of deliveries may be open, so they end in transactions of their own, which may run twice.
          before: async () => {
            if (deleted.length > 0) await closeDeliveriesOfDeleted(this.dataSource, deleted);
          },
          apply: () => Promise.resolve(),
        };
      }
      default:
        throw new Error(`the projection does not read ${part.topic}`);
    }
  }

  /**
   * A database restored from an older backup, or failed over to a replica that lagged, lacks what this process has read
   * past; only reading again from the stored offset brings it back.
   */
  private checkContinuity(which: TopicPartition, stored: bigint): void {
    const reached = this.reached.get(partitionKey(which));
    if (reached === undefined || stored >= reached) return;
    throw new Error(
      `the database went back in time: ${partitionKey(which)} had been applied up to offset ${reached} and is at ${stored} now. Restart this service, so that the projection reads on from there`,
    );
  }
}

/** What the records of one part of a batch ask for. */
interface Work {
  /** Records that are none of ours. */
  readonly foreign: readonly { offset: bigint; problem: string }[];
  readonly before?: () => Promise<void>;
  readonly apply: (client: PoolClient, from: bigint) => Promise<void>;
}

function decoded<T>(
  { records }: ProjectedBatch,
  read: (value: Buffer) => T,
  apply: (client: PoolClient, told: readonly T[]) => Promise<void>,
): Work {
  const foreign: { offset: bigint; problem: string }[] = [];
  const ours: { offset: bigint; told: T }[] = [];
  for (const { value, offset } of records) {
    try {
      if (value === null) throw new RecordSchemaError('the record has no value');
      ours.push({ offset, told: read(value) });
    } catch (error) {
      if (!(error instanceof RecordSchemaError)) throw error;
      foreign.push({ offset, problem: error.message });
    }
  }
  return {
    foreign,
    apply: (client, from) =>
      apply(
        client,
        ours.filter(({ offset }) => offset >= from).map(({ told }) => told),
      ),
  };
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

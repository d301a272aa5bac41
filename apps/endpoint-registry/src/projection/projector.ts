import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { applyDeliveryUpdates } from './apply-delivery-updates.js';
import { applyEvents } from './apply-events.js';
import { applyFanOuts } from './apply-fan-outs.js';
import { applyFiltered } from './apply-filtered.js';
import { closeDeliveriesOfDeleted } from './close-deliveries.js';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { inLookingTransaction } from './deletion-times.js';
import { DatabaseWentBack } from './database-went-back.js';
import { FIRST_ATTEMPT_IN_DELIVERY } from './first-attempt-in-delivery.js';
import { lockNextOffsets, moveNextOffsets, type TopicPartition } from './offsets.js';
import { TablePartitions } from './table-partitions.js';
import { type BatchPart, partsOf, type ProjectedBatch, type Work, workOf } from './projected-work.js';
import { ProjectionMetrics } from './projection-metrics.js';
import { inTransaction } from './transaction.js';

/**
 * How many rows one transaction adds or changes, about one for each record: enough that its fixed cost is small, few enough that its locks
 * are short.
 */
const ROWS_PER_TRANSACTION = 2_000;

/**
 * A batch waits this long for others, ms. The partitions of one fetch are handed over within a few ms, each as a batch
 * of its own. Without the wait the first two took a transaction each, and a transaction costs as much as 50 rows.
 */
const GATHER_MS = 10;

/** The projection shares its database connections with the REST API and leaves most of them to it. */
const CONCURRENT_TRANSACTIONS = 2;

interface Waiting extends BatchPart {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Applies the log to the database. Each transaction holds rows and the offsets behind them, so a record is
 * applied once, even if it is handed over several times or by several instances. Batches of several
 * partitions that wait at the same time share transactions, since a transaction costs much and one more
 * record little.
 */
@Injectable()
export class Projector {
  private readonly limit = new ConcurrencyLimit(CONCURRENT_TRANSACTIONS);
  private waiting: Waiting[] = [];
  /** Ends when the batches that are waiting have waited long enough for others. */
  private gathering: Promise<void> | null = null;
  /**
   * The offsets that this process has committed or found, to notice when the database was reset to an older
   * state.
   */
  private readonly reached = new Map<string, bigint>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: TablePartitions,
    private readonly metrics: ProjectionMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
    /** Deliveries hold their first attempts, see `docs/decisions/38`. */
    @Inject(FIRST_ATTEMPT_IN_DELIVERY) private readonly holding: boolean,
  ) {}

  /**
   * Applies the records of a batch that the database does not have yet. When it throws, a part may have been
   * applied for good.
   */
  async apply(batch: ProjectedBatch): Promise<void> {
    const { topic, partition, records } = batch;
    const [first] = records;
    if (!first) return;
    const begun = performance.now();
    this.metrics.received(topic, partition, first.timestamp);
    for (const some of partsOf(batch, ROWS_PER_TRANSACTION)) {
      await this.enter(some);
      const { records: done } = some.part;
      this.metrics.committed(topic, partition, done.length, done.at(-1)?.timestamp ?? first.timestamp);
    }
    this.metrics.finished(topic, partition, (performance.now() - begun) / 1_000);
  }

  /**
   * Moves past a record that cannot be applied, for good.
   * @param keep stores it elsewhere. It is not called while the database is down, because that may have been
   * the cause.
   */
  async pass(which: TopicPartition, offset: bigint, keep: () => Promise<void>): Promise<void> {
    const next = offset + 1n;
    await inTransaction(this.dataSource, async (client) => {
      const [stored = 0n] = await lockNextOffsets(client, [which]);
      this.checkContinuity(which, stored);
      await keep();
      if (next > stored) await moveNextOffsets(client, [{ ...which, next }]);
    });
    this.reached.set(partitionKey(which), next);
    this.metrics.passed(which.topic, which.partition);
  }

  /** For this process the partition begins at `offset`. */
  begin(which: TopicPartition, offset: bigint): void {
    this.reached.set(partitionKey(which), offset);
  }

  /**
   * Ends the open deliveries of all deleted endpoints: a compacted topic may have lost the tombstones of old
   * deletions.
   */
  async closeDeliveriesOfDeleted(): Promise<void> {
    await this.limit.run(() => closeDeliveriesOfDeleted(this.dataSource));
  }

  /**
   * Waits for others and for a slot, takes along what else waits by then, and resolves when the part has been
   * applied.
   */
  private enter(some: BatchPart): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.waiting.push({ ...some, resolve, reject });
      void this.gathered().then(() => this.limit.run(() => this.applyTogether(this.takeWaiting())));
    });
  }

  private gathered(): Promise<void> {
    this.gathering ??= sleep(GATHER_MS).then(() => {
      this.gathering = null;
    });
    return this.gathering;
  }

  private takeWaiting(): Waiting[] {
    let sum = 0;
    let count = 0;
    const partitions = new Set<string>();
    for (const { part, rows } of this.waiting) {
      if (count > 0 && sum + rows > ROWS_PER_TRANSACTION) break;
      // The offset of a partition can move only once in a transaction.
      if (partitions.has(partitionKey(part))) break;
      partitions.add(partitionKey(part));
      sum += rows;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** Applies parts in one transaction. When it fails, one of them is the cause, so each is tried alone. */
  private async applyTogether(taken: readonly Waiting[]): Promise<void> {
    if (taken.length === 0) return;
    try {
      await this.applyParts(taken.map(({ part }) => part)).catch(async (error: unknown) => {
        if (!isWithoutPartition(error)) throw error;
        this.partitions.forget();
        await this.applyParts(taken.map(({ part }) => part));
      });
      for (const { resolve } of taken) resolve();
    } catch (error) {
      const [only] = taken;
      if (taken.length === 1) only?.reject(error);
      else for (const each of taken) await this.applyTogether([each]);
    }
  }

  private async applyParts(parts: readonly ProjectedBatch[]): Promise<void> {
    const works = parts.map((part) => ({
      which: { topic: part.topic, partition: part.partition },
      next: (part.records.at(-1)?.offset ?? -1n) + 1n,
      work: workOf(part, this.dataSource),
    }));
    for (const { work } of works) await work.before?.();
    await this.partitions.cover(works.flatMap(({ work }) => work.times));
    const { droppedBefore } = this.partitions;
    const from = await inLookingTransaction(this.dataSource, async (client) => {
      const stored = await lockNextOffsets(
        client,
        works.map(({ which }) => which),
      );
      const due = works.map((each, index) => ({ ...each, stored: stored[index] ?? 0n }));
      for (const each of due) this.checkContinuity(each.which, each.stored);
      await applyEvents(
        client,
        due
          .flatMap(({ work, stored: first }) => work.events(first))
          .filter(({ acceptedAt }) => acceptedAt >= droppedBefore),
      );
      const fanOuts = due
        .flatMap(({ work, stored: first }) => work.fanOuts(first))
        .filter(({ acceptedAt }) => acceptedAt >= droppedBefore);
      await applyFanOuts(client, fanOuts);
      await applyFiltered(
        client,
        fanOuts.filter(({ madeAt }) => madeAt >= droppedBefore),
      );
      await applyDeliveryUpdates(
        client,
        due
          .flatMap(({ work, stored: first }) => work.deliveryUpdates(first))
          .filter(({ identity }) => identity.createdAt >= droppedBefore),
        this.holding,
      );
      await moveNextOffsets(
        client,
        due.filter((each) => each.next > each.stored).map(({ which, next }) => ({ ...which, next })),
      );
      return stored;
    });
    works.forEach(({ which, next, work }, index) => {
      const first = from[index] ?? 0n;
      this.logUnreadable(which, work, first);
      if (next > first) this.reached.set(partitionKey(which), next);
    });
  }

  /**
   * Logged once, after the records were passed for good: a batch that cannot be applied is handed over again
   * and again.
   */
  private logUnreadable({ topic, partition }: TopicPartition, { unreadable }: Work, from: bigint): void {
    for (const { offset, problem } of unreadable) {
      if (offset < from) continue;
      this.metrics.recordSkipped(topic);
      this.logger.error(
        { topic, partition, offset: String(offset), problem },
        'skipped a record that does not match the schema of its topic. The topic is internal, and only Skillora services may write to it. Find out what else wrote the record, or which release disagrees with this one',
      );
    }
  }

  /** @throws {DatabaseWentBack} */
  private checkContinuity(which: TopicPartition, stored: bigint): void {
    const reached = this.reached.get(partitionKey(which));
    if (reached === undefined || stored >= reached) return;
    throw new DatabaseWentBack(partitionKey(which), reached, stored);
  }
}

/** PostgreSQL found no partition for a row: a rebuild has swapped in another set of tables. */
function isWithoutPartition(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === '23514' && typeof message === 'string' && message.startsWith('no partition of relation');
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

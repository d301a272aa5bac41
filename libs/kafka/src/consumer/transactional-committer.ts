import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { backoffMs } from '../backoff.js';
import type { Committer } from './committer.js';
import { commitFits, type OffsetWindow, type WindowCommit } from './offset-window.js';
import { type OutgoingRecord, recordBytes } from '../records/outgoing-record.js';
import { afterRefusal, type Instead, type Refusable } from '../records/after-refusal.js';
import { isRecordFault } from '../records/record-fault.js';
import { TransactionalProducer } from '../producer/transactional-producer.js';

export interface TransactionalCommitterOptions {
  /** A client whose retries suit transactions. */
  readonly kafka: Kafka;
  /** Names the input partition, so that its next owner fences this one. */
  readonly transactionalId: string;
  /** The groups in which the partition's position is committed. */
  readonly groupIds: readonly string[];
  readonly topic: string;
  readonly partition: number;
  /** How long processed records wait for others before a transaction begins, ms. */
  readonly lingerMs: number;
  readonly logger: Logger;
  /** What is committed for the partition now. */
  readonly readCommit: () => Promise<WindowCommit>;
  /** Called when records were processed and committed, with the committed offset. */
  readonly onCommit: (offset: bigint) => void;
}

/** A processed record of the partition, and the records to write for it. */
interface Outcome extends Refusable<OutgoingRecord> {
  readonly offset: bigint;
  readonly bytes: number;
}

/** When this much waits, a transaction begins at once. */
const MAX_OUTCOMES = 1_000;
const MAX_BYTES = 4 * 1_024 * 1_024;
/** The pauses before a partition is taken over again, with a new leader or coordinator. */
const BACKOFF = { firstMs: 50, mostMs: 1_000 };

/**
 * Writes the outcomes of a partition's records together with the commit of these records. Both are in Kafka
 * or neither is, even if a process dies in between. Opening a committer first fences the one before and then
 * reads the commit, so no record ever has two outcomes in Kafka.
 */
export class TransactionalCommitter implements Committer {
  private readonly producer: TransactionalProducer;
  private window: OffsetWindow | null = null;
  /** By offset, in the order in which they are written. */
  private readonly waiting = new Map<bigint, Outcome>();
  private waitingBytes = 0;
  private pumping: Promise<void> | null = null;
  private hurry: (() => void) | null = null;
  private closed = false;
  /** A transaction failed, and it is not known yet whether it is in Kafka. */
  private unsure = false;
  /** Fewer after a failure, so that an outcome that Kafka refuses for good ends up alone. */
  private limit = MAX_OUTCOMES;
  private failures = 0;
  private since: number | null = null;

  constructor(private readonly options: TransactionalCommitterOptions) {
    this.producer = new TransactionalProducer(options.kafka, options.transactionalId, options.logger);
  }

  /**
   * Takes the partition over. From now on only this committer, or one that is opened later, writes commits. A
   * closed committer takes nothing over.
   */
  async open(): Promise<void> {
    if (this.closed) return;
    await this.producer.connect();
    if (this.isClosed()) await this.producer.disconnect();
  }

  /** The window whose records are processed once their transactions are committed. */
  attach(window: OffsetWindow): void {
    this.window = window;
  }

  /**
   * When a transaction first failed after the last successful one, ms since the epoch; null when there is no
   * failure.
   */
  get failingSince(): number | null {
    return this.since;
  }

  /**
   * Adds the outcome of a record; the record is processed once the outcome is in Kafka. The first outcome of a record
   * counts, and others are dropped. So is that of a record that is not open: while it was worked on, another instance that
   * also believed that it owned the partition has written one, and this one has learned of it since.
   * @param instead alternatives to write if Kafka refuses the outcome for good, each tried in order after a
   * bounded number of tries.
   */
  add(offset: bigint, records: readonly OutgoingRecord[], instead?: Instead<OutgoingRecord>): void {
    if (this.closed || this.waiting.has(offset) || this.window?.isOpen(offset) === false) return;
    const outcome: Outcome = { offset, records, bytes: bytesOf(records), refusals: 0, instead };
    this.waiting.set(offset, outcome);
    this.waitingBytes += outcome.bytes;
    this.pumping ??= this.pump();
    if (this.isMuch) this.hurry?.();
  }

  /** Resolves when everything that was added is in Kafka, or the committer is closed. */
  async flush(): Promise<void> {
    while (this.pumping && !this.closed) {
      this.hurry?.();
      await Promise.race([this.pumping, delay(20, undefined, { ref: false })]);
    }
  }

  /**
   * Makes one last try to write what was added, which saves the next owner that work, and gives the partition
   * up. If the next owner has already taken over, Kafka refuses the write. After a transaction of unknown
   * outcome there is no such try, because it might write the same records again.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.hurry?.();
    await this.pumping;
    if (this.waiting.size > 0 && !this.unsure) await this.write().catch(() => undefined);
    this.waiting.clear();
    await this.producer.disconnect();
  }

  private async pump(): Promise<void> {
    while (this.waiting.size > 0) {
      await this.linger();
      if (this.closed) break;
      try {
        await this.write();
        this.failures = 0;
        this.since = null;
        this.limit = Math.min(MAX_OUTCOMES, this.limit * 2);
      } catch (error) {
        this.unsure = true;
        this.since ??= Date.now();
        await this.recover(error);
      }
    }
    // Must be in the same turn as the check of the queue: a later caller then starts the next pass.
    this.pumping = null;
  }

  private async linger(): Promise<void> {
    if (this.closed || this.isMuch) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.options.lingerMs);
      this.hurry = resolve;
    });
    this.hurry = null;
    clearTimeout(timer);
  }

  private async write(): Promise<void> {
    const { window } = this;
    if (!window) return;
    const { taken, commit } = this.select(window);
    if (taken.length === 0) return;
    const { groupIds, topic, partition } = this.options;
    await this.producer.write(
      taken.flatMap(({ records }) => records),
      { groupIds, topic, partition, nextOffset: commit.offset, metadata: commit.metadata },
    );
    for (const { offset } of taken) window.done(offset);
    this.remove(taken);
    this.options.onCommit(commit.offset);
  }

  /** The content of the next transaction: as much as its commit has room for, lowest offsets first. */
  private select(window: OffsetWindow): { taken: readonly Outcome[]; commit: WindowCommit } {
    let taken: readonly Outcome[] = this.firstUpToLimits();
    for (;;) {
      const commit = window.commit(new Set(taken.map(({ offset }) => offset)));
      if (taken.length === 0 || commitFits(commit)) return { taken, commit };
      taken = taken.toSorted((a, b) => (a.offset < b.offset ? -1 : 1)).slice(0, Math.floor(taken.length / 2));
    }
  }

  private firstUpToLimits(): Outcome[] {
    let bytes = 0;
    const all = [...this.waiting.values()];
    const end = all.findIndex((outcome, index) => {
      bytes += outcome.bytes;
      return index >= this.limit || (index > 0 && bytes > MAX_BYTES);
    });
    return end < 0 ? all : all.slice(0, end);
  }

  /**
   * After a failed transaction its outcome is unknown. The committer is opened again, which ends the
   * transaction, and the commit then shows what is in Kafka. The rest is written again.
   */
  private async recover(cause: unknown): Promise<void> {
    const { logger, topic, partition } = this.options;
    logger.warn(
      { err: cause, topic, partition, outcomes: this.waiting.size },
      'outcomes could not be written to Kafka. Those that are not in Kafka are written again. If this repeats, check the brokers',
    );
    const tried = Math.min(this.limit, this.waiting.size);
    if (tried === 1) this.refused(cause);
    this.limit = Math.max(1, Math.floor(tried / 2));
    while (!this.closed) {
      await delay(backoffMs(this.failures, BACKOFF), undefined, { ref: false });
      this.failures += 1;
      if (this.isClosed()) return;
      try {
        await this.producer.disconnect();
        await this.open();
        const { window } = this;
        const commit = await this.options.readCommit();
        window?.learn(commit);
        this.remove([...this.waiting.values()].filter(({ offset }) => !window?.isOpen(offset)));
        this.options.onCommit(commit.offset);
        this.unsure = false;
        return;
      } catch (error) {
        logger.debug(
          { err: error, topic, partition },
          'the partition could not be taken over again; trying again',
        );
      }
    }
  }

  private isClosed(): boolean {
    return this.closed;
  }

  /** The outcome that was tried alone waits again, behind the others. */
  private refused(cause: unknown): void {
    const [only] = this.waiting.values();
    if (!only) return;
    const next = isRecordFault(cause) ? afterRefusal(only, cause) : only;
    const bytes = bytesOf(next.records);
    this.remove([only]);
    this.waiting.set(next.offset, { ...next, bytes });
    this.waitingBytes += bytes;
  }

  private remove(gone: readonly Outcome[]): void {
    for (const { offset, bytes } of gone) if (this.waiting.delete(offset)) this.waitingBytes -= bytes;
  }

  /** Whether enough waits for a transaction to begin at once. */
  private get isMuch(): boolean {
    return this.waiting.size >= this.limit || this.waitingBytes >= MAX_BYTES;
  }
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0);
}

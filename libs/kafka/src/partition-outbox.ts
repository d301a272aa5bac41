import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { commitFits, type OffsetWindow, type WindowCommit } from './offset-window.js';
import { type OutgoingRecord, recordBytes } from './outgoing-record.js';
import { isRecordFault } from './record-fault.js';
import { TransactionalProducer } from './transactional-producer.js';

export interface PartitionOutboxOptions {
  /** A client with the retries of transactions. */
  readonly kafka: Kafka;
  /** Names the input partition, so that its next owner fences this one. */
  readonly transactionalId: string;
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  /** How long what is done waits for company before a transaction begins, ms. */
  readonly gatherMs: number;
  readonly logger: Logger;
  /** What is committed for the partition now. */
  readonly readCommit: () => Promise<WindowCommit>;
  /** Called when records became done, with the offset that is committed now. */
  readonly onCommit: (offset: bigint) => void;
}

/** A record of the partition that is done, and what is to be written for it. */
interface Outcome {
  readonly offset: bigint;
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  /** How often Kafka refused it, alone and for good. */
  refusals: number;
  /** What to write in its place, each to be tried in turn, where Kafka refuses it. */
  readonly instead?: (error: unknown) => readonly OutgoingRecord[];
}

/** So much goes into one transaction, and does not wait for more company. */
const MAX_OUTCOMES = 1_000;
const MAX_BYTES = 4 * 1_024 * 1_024;
/** So often Kafka may refuse an outcome for good before it is given up. */
const MAX_REFUSALS = 5;
/** A new leader or coordinator waits so long for us at most. */
const MAX_BACKOFF_MS = 1_000;

/**
 * Writes what comes of a partition's records together with the commit that says they are done: both are in Kafka or
 * neither is, whatever dies in between. Since opening an outbox fences the one before it and reads the commit after
 * that, no record ever has two outcomes in Kafka.
 */
export class PartitionOutbox {
  private readonly producer: TransactionalProducer;
  private window: OffsetWindow | null = null;
  private waiting: Outcome[] = [];
  private waitingBytes = 0;
  private pumping: Promise<void> | null = null;
  private hurry: (() => void) | null = null;
  private closed = false;
  /** A transaction failed, and what of it is in Kafka is not known yet. */
  private unsure = false;
  /** Fewer after a failure, so that what Kafka refuses for good ends up alone. */
  private limit = MAX_OUTCOMES;
  private failures = 0;
  private since: number | null = null;

  constructor(private readonly options: PartitionOutboxOptions) {
    this.producer = new TransactionalProducer(options.kafka, options.transactionalId, options.logger);
  }

  /**
   * Takes the partition over. What is committed from now on is written by this outbox, or by one opened after it. One that
   * was closed takes nothing over any more.
   */
  async open(): Promise<void> {
    if (this.closed) return;
    await this.producer.connect();
    if (this.isClosed()) await this.producer.disconnect();
  }

  /** The window whose records are done with their transactions. */
  attach(window: OffsetWindow): void {
    this.window = window;
  }

  /** When a transaction failed for the first time since one was written, ms since the epoch; null when all goes well. */
  get failingSince(): number | null {
    return this.since;
  }

  /**
   * Takes what came of a record; it is done once that is in Kafka.
   * @param instead what to write in its place where Kafka refuses it for good: each is tried in turn, after bounded tries.
   */
  add(
    offset: bigint,
    records: readonly OutgoingRecord[],
    instead?: (error: unknown) => readonly OutgoingRecord[],
  ): void {
    if (this.closed) return;
    const outcome: Outcome = {
      offset,
      records,
      bytes: bytesOf(records),
      refusals: 0,
      ...(instead === undefined ? {} : { instead }),
    };
    this.waiting.push(outcome);
    this.waitingBytes += outcome.bytes;
    this.pumping ??= this.pump();
    if (this.waiting.length >= this.limit || this.waitingBytes >= MAX_BYTES) this.hurry?.();
  }

  /** Resolves when what was added is in Kafka, or the outbox is closed. */
  async flush(): Promise<void> {
    while (this.pumping && !this.closed) {
      this.hurry?.();
      await Promise.race([this.pumping, delay(20, undefined, { ref: false })]);
    }
  }

  /**
   * Makes one last try to write what was added, for it saves another owner the work, and gives the partition up. When the
   * other has taken over already, Kafka refuses it. After a transaction of unknown outcome there is no such try: it might
   * write the same again.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.hurry?.();
    await this.pumping;
    if (this.waiting.length > 0 && !this.unsure) await this.write().catch(() => undefined);
    this.waiting = [];
    await this.producer.disconnect();
  }

  private async pump(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.gather();
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
    // In the same turn as the look at the queue: whoever adds from now on starts the next pass.
    this.pumping = null;
  }

  private async gather(): Promise<void> {
    if (this.closed || this.waiting.length >= this.limit || this.waitingBytes >= MAX_BYTES) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.options.gatherMs);
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
    const { groupId, topic, partition } = this.options;
    await this.producer.write(
      taken.flatMap(({ records }) => records),
      { groupId, topic, partition, nextOffset: commit.offset, metadata: commit.metadata },
    );
    for (const { offset } of taken) window.done(offset);
    this.remove(new Set(taken));
    this.options.onCommit(commit.offset);
  }

  /** What goes into the next transaction: as much as its commit has room for, the lowest first when that is not all. */
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
    const end = this.waiting.findIndex((outcome, index) => {
      bytes += outcome.bytes;
      return index >= this.limit || (index > 0 && bytes > MAX_BYTES);
    });
    return end < 0 ? [...this.waiting] : this.waiting.slice(0, end);
  }

  /**
   * After a failed transaction its outcome is unknown: the outbox is opened again, which ends it, and the commit tells
   * what of it is in Kafka. The rest is written again.
   */
  private async recover(cause: unknown): Promise<void> {
    const { logger, topic, partition } = this.options;
    logger.warn(
      { err: cause, topic, partition, outcomes: this.waiting.length },
      'outcomes could not be written to Kafka. Those that are not in Kafka are written again. If this repeats, check the brokers',
    );
    const tried = Math.min(this.limit, this.waiting.length);
    if (tried === 1) this.waiting.push(...this.waiting.splice(0, 1).map((only) => afterRefusal(only, cause)));
    this.limit = Math.max(1, Math.floor(tried / 2));
    while (!this.closed) {
      await delay(Math.min(MAX_BACKOFF_MS, 50 * 2 ** this.failures), undefined, { ref: false });
      this.failures += 1;
      if (this.isClosed()) return;
      try {
        await this.producer.disconnect();
        await this.open();
        const { window } = this;
        const commit = await this.options.readCommit();
        window?.learn(commit);
        this.remove(new Set(this.waiting.filter(({ offset }) => !window?.isOpen(offset))));
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

  private remove(gone: ReadonlySet<Outcome>): void {
    this.waiting = this.waiting.filter((outcome) => !gone.has(outcome));
    this.waitingBytes = this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0);
}

/** The outcome itself, or what is to be written in its place now. */
function afterRefusal(outcome: Outcome, error: unknown): Outcome {
  if (!outcome.instead || !isRecordFault(error)) return outcome;
  outcome.refusals += 1;
  if (outcome.refusals < MAX_REFUSALS) return outcome;
  const [next, ...others] = outcome.instead(error);
  if (!next) return outcome;
  const records = [next];
  const { offset } = outcome;
  return { offset, records, bytes: bytesOf(records), refusals: MAX_REFUSALS - 1, instead: () => others };
}

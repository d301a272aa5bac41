import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import {
  type OutgoingRecord,
  readPartition,
  type ReceivedRecord,
  TransactionalProducer,
} from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { chained } from './chained.js';
import type { FanOutProgress } from './fan-out-part.js';
import { DedupeWindow } from './dedupe-window.js';
import {
  DEDUPE_WINDOW_MS,
  firstOffsetSince,
  LEDGER_TIMEOUT_MS,
  reportInvalidLedgerRecord,
} from './ledger-reading.js';
import {
  encodeLedgerEntries,
  LedgerHeaders,
  ledgerSchemaHeaders,
  positionHeaders,
  readFanOutRecord,
} from './ledger-record.js';

/** The Kafka clients that a partition needs. */
export interface FanOutClients {
  readonly kafka: Kafka;
  /** The client whose retries suit transactions. */
  readonly transactionalKafka: Kafka;
  readonly admin: Admin;
}

/**
 * The exclusive right to fan out one partition of events. It remembers which events were fanned out and where
 * to continue. Opening it fences every earlier owner, so the ledger is complete from then on.
 *
 * It uses two transactional ids in turn. After each commit, Kafka accepts nothing under the same id for
 * some ms, while it writes the markers; with one id, events would wait for that. A transaction begins only
 * when the one before is decided, so their order is kept.
 */
export class FanOutPartition {
  private turn = 0;
  private begun: FanOutProgress | null = null;

  private constructor(
    private readonly producers: readonly TransactionalProducer[],
    private readonly partition: number,
    readonly dedupeWindow: DedupeWindow,
    private next: bigint | null,
    private readonly logger: Logger,
  ) {}

  /** Takes the partition over and reads the ledger. */
  static async open(
    { kafka, transactionalKafka, admin }: FanOutClients,
    partition: number,
    logger: Logger,
  ): Promise<FanOutPartition> {
    const producers = [`fan-out-${partition}`, `fan-out-${partition}-alternate`].map(
      (id) => new TransactionalProducer(transactionalKafka, id, logger),
    );
    const dedupeWindow = new DedupeWindow();
    const owned = new FanOutPartition(producers, partition, dedupeWindow, null, logger);
    try {
      const connected = await Promise.allSettled(producers.map((producer) => producer.connect()));
      for (const each of connected) if (each.status === 'rejected') throw each.reason;
      const takeover = randomUUID();
      await owned.producer().write([owned.ledgerRecord(new Map(), { [LedgerHeaders.takeover]: takeover })]);
      const from = await firstOffsetSince(admin, partition, Date.now() - DEDUPE_WINDOW_MS);
      await owned.readBack(kafka, from, takeover);
      // The ledger has no record of the last 24 hours, but an older one may hold the position.
      if (owned.next === null && from > 0n) await owned.readBack(kafka, 0n, takeover);
      return owned;
    } catch (error) {
      await owned.close();
      throw error;
    }
  }

  /** The offset in the events' partition from which to continue; null when the ledger does not hold it. */
  get nextOffset(): bigint | null {
    return this.next;
  }

  /** The progress of the event at an offset; null when no part of it has been written. */
  progressAt(offset: bigint): FanOutProgress | null {
    return this.begun?.offset === offset ? this.begun : null;
  }

  /**
   * Writes records, the ledger entries of their events and the position to continue from, all or nothing.
   * After a failure the outcome is unknown, and the partition must be opened again; its ledger then holds the
   * outcome.
   * @param entries the events' entries in the ledger, with the digests of their data.
   * @param next where to continue: at an offset, or in the middle of an event.
   * @param proceed decides, while the records are sent, whether to commit them.
   * @returns false when `proceed` answered no: then nothing is written.
   */
  async write(
    outgoing: Iterable<OutgoingRecord>,
    entries: ReadonlyMap<string, number>,
    next: bigint | FanOutProgress,
    proceed?: Promise<boolean>,
  ): Promise<boolean> {
    const begun = typeof next === 'bigint' ? null : next;
    const nextOffset = typeof next === 'bigint' ? next : next.offset;
    const ledgerRecord = this.ledgerRecord(entries, positionHeaders(next));
    if (!(await this.producer().write(chained(outgoing, [ledgerRecord]), undefined, proceed))) return false;
    for (const [entry, digest] of entries) this.dedupeWindow.add(entry, digest);
    this.next = nextOffset;
    this.begun = begun;
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.producers.map((producer) => producer.disconnect()));
  }

  /** Reads the ledger from an offset up to the record of this takeover. */
  private readBack(kafka: Kafka, from: bigint, takeover: string): Promise<void> {
    return readPartition(
      kafka,
      { topic: Topics.fanOutLedger, partition: this.partition, from },
      (record) => {
        this.take(record);
        return record.headers[LedgerHeaders.takeover] === takeover ? 'enough' : 'go-on';
      },
      LEDGER_TIMEOUT_MS,
    );
  }

  /** Applies a record of the ledger. An invalid one is skipped. */
  private take(record: ReceivedRecord): void {
    try {
      const { entries, next, begun } = readFanOutRecord(record);
      for (const [entry, digest] of entries) this.dedupeWindow.add(entry, digest);
      if (next === null) return;
      this.next = next;
      this.begun = begun;
    } catch (error) {
      reportInvalidLedgerRecord(error, { partition: this.partition, offset: record.offset }, this.logger);
    }
  }

  private producer(): TransactionalProducer {
    const producer = this.producers[this.turn];
    if (!producer) throw new RangeError(`a partition has no producer ${this.turn}`);
    this.turn = (this.turn + 1) % this.producers.length;
    return producer;
  }

  private ledgerRecord(
    entries: ReadonlyMap<string, number>,
    headers: Record<string, string>,
  ): OutgoingRecord {
    const { value, headers: digests } = encodeLedgerEntries(entries);
    return {
      topic: Topics.fanOutLedger,
      partition: this.partition,
      key: null,
      value,
      headers: { ...ledgerSchemaHeaders(), ...headers, ...digests },
    };
  }
}

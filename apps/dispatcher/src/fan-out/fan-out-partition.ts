import { randomUUID } from 'node:crypto';

import { recordHeaders, Topics } from '@skillora/contracts';
import {
  KafkaMetrics,
  type OutgoingRecord,
  readPartition,
  type ReceivedRecord,
  TransactionalProducer,
} from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { chained } from './chained.js';
import type { FanOutProgress } from './fan-out-part.js';
import { decodeDigests, decodeEntries, encodeDigests, encodeEntries, DedupeWindow } from './dedupe-window.js';

const LEDGER_SCHEMA = { name: 'webhook.fan-out-ledger', version: 1 };
/** A repeated CloudEvent is recognised for this long; the ledger topic keeps its records twice as long. */
const DEDUPE_WINDOW_MS = 24 * 3_600_000;
const LOAD_TIMEOUT_MS = 120_000;
/** Header of the record that a new owner writes to find the end of its predecessors' ledger. */
const TAKEOVER = 'takeover';
/** Header: the offset in the events' partition that follows the events of this record. */
const NEXT_OFFSET = 'next-offset';
/** Header: the progress of the event at the next offset, as `parts/last endpoint id`. */
const PROGRESS = 'progress';
/** Header: the digests of the events' data. Older releases do not read it. */
const DIGESTS = 'digests';

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
      await owned.producer().write([owned.ledgerRecord(new Map(), { [TAKEOVER]: takeover })]);
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
    const ledgerRecord = this.ledgerRecord(entries, {
      [NEXT_OFFSET]: String(nextOffset),
      ...(begun && { [PROGRESS]: `${begun.parts}/${begun.lastEndpointId}` }),
    });
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
        return record.headers[TAKEOVER] === takeover ? 'enough' : 'go-on';
      },
      LOAD_TIMEOUT_MS,
    );
  }

  /**
   * Applies a record of the ledger. An invalid record is skipped, because otherwise the partition could not
   * be opened for as long as the topic keeps that record.
   */
  private take(record: ReceivedRecord): void {
    try {
      const { entries, next, begun } = readLedgerRecord(record);
      for (const [entry, digest] of entries) this.dedupeWindow.add(entry, digest);
      if (next === null) return;
      this.next = next;
      this.begun = begun;
    } catch (error) {
      const { partition } = this;
      const topic = Topics.fanOutLedger;
      KafkaMetrics.recordUnhandled('ledger', topic);
      this.logger.error(
        { err: error, topic, partition, offset: String(record.offset) },
        'a record on the ledger topic is not valid and was skipped. Something other than the dispatchers writes to this topic: find it and stop it',
      );
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
    return {
      topic: Topics.fanOutLedger,
      partition: this.partition,
      key: null,
      value: encodeEntries([...entries.keys()]),
      headers: {
        ...recordHeaders(LEDGER_SCHEMA),
        ...headers,
        [DIGESTS]: encodeDigests([...entries.values()]),
      },
    };
  }
}

/** @throws {Error} when the record is not a valid ledger record. */
function readLedgerRecord({ headers, rawHeaders, value, unreadable }: ReceivedRecord): {
  readonly entries: readonly (readonly [entry: string, digest: number | null])[];
  /** Null when the record does not hold it. */
  readonly next: bigint | null;
  /** The progress of the event at `next`; null when the event has not been begun. */
  readonly begun: FanOutProgress | null;
} {
  if (unreadable !== undefined) throw new Error(unreadable);
  const next = headers[NEXT_OFFSET];
  if (next !== undefined && !/^\d{1,19}$/.test(next)) throw new RangeError(`${NEXT_OFFSET} is no offset`);
  const entries = value ? decodeEntries(value) : [];
  const header = rawHeaders[DIGESTS];
  const digests = decodeDigests(Buffer.isBuffer(header) ? header : undefined, entries.length);
  const offset = next === undefined ? null : BigInt(next);
  return {
    entries: entries.map((entry, index) => [entry, digests[index] ?? null]),
    next: offset,
    begun: offset === null ? null : readProgress(offset, headers[PROGRESS]),
  };
}

function readProgress(offset: bigint, header: string | undefined): FanOutProgress | null {
  if (header === undefined) return null;
  const [, parts = '', lastEndpointId = ''] = /^(\d{1,9})\/([0-9a-f-]{36})$/.exec(header) ?? [];
  if (parts === '') throw new RangeError(`${PROGRESS} is not parts/endpoint`);
  return { offset, parts: Number(parts), lastEndpointId };
}

async function firstOffsetSince(admin: Admin, partition: number, since: number): Promise<bigint> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(Topics.fanOutLedger, since);
  return BigInt(offsets.find((each) => each.partition === partition)?.offset ?? 0);
}

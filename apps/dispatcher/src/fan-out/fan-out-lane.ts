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

import type { FanOutProgress } from './fan-out-part.js';
import { decodeDigests, decodeEntries, encodeDigests, encodeEntries, Ledger } from './ledger.js';

const LEDGER_SCHEMA = { name: 'webhook.fan-out-ledger', version: 1 };
/** The same CloudEvent is recognised for so long; the ledger topic keeps twice that. */
const LEDGER_MEMORY_MS = 24 * 3_600_000;
const LOAD_TIMEOUT_MS = 120_000;
/** Header of the record a new owner writes to know where the ledger of its predecessors ends. */
const TAKEOVER = 'takeover';
/** Header that says which offset of the events' partition comes after those of the record. */
const NEXT_OFFSET = 'next-offset';
/** Header that says how far the event at the next offset has come: `parts/last endpoint id`. */
const PROGRESS = 'progress';
/** Header with the digests of the events' data, which releases before it do not read. */
const DIGESTS = 'digests';

/** The Kafka clients a lane needs. */
export interface FanOutClients {
  readonly kafka: Kafka;
  /** With the retries of transactions. */
  readonly transactionalKafka: Kafka;
  readonly admin: Admin;
}

/**
 * The exclusive right to fan out one partition of events, with the memory of what was fanned out before and of where to
 * read on. Opening it fences every earlier owner, so what the ledger holds then is complete.
 *
 * It has two transactional ids and uses them in turn: after each commit Kafka takes nothing more under the same id for
 * some ms, in which it writes the markers, and events would wait for that. A transaction begins when the one before is
 * decided, so they stand in order all the same.
 */
export class FanOutLane {
  private turn = 0;
  private begun: FanOutProgress | null = null;

  private constructor(
    private readonly producers: readonly TransactionalProducer[],
    private readonly partition: number,
    readonly ledger: Ledger,
    private next: bigint | null,
    private readonly logger: Logger,
  ) {}

  /** Takes the partition over and reads back the ledger. */
  static async open(
    { kafka, transactionalKafka, admin }: FanOutClients,
    partition: number,
    logger: Logger,
  ): Promise<FanOutLane> {
    const producers = [`fan-out-${partition}`, `fan-out-${partition}-alternate`].map(
      (id) => new TransactionalProducer(transactionalKafka, id, logger),
    );
    const ledger = new Ledger();
    const lane = new FanOutLane(producers, partition, ledger, null, logger);
    try {
      const connected = await Promise.allSettled(producers.map((producer) => producer.connect()));
      for (const each of connected) if (each.status === 'rejected') throw each.reason;
      const takeover = randomUUID();
      await lane.producer().write([lane.ledgerRecord(new Map(), { [TAKEOVER]: takeover })]);
      const from = await firstOffsetSince(admin, partition, Date.now() - LEDGER_MEMORY_MS);
      await lane.readBack(kafka, from, takeover);
      // Silent for so long; the place where it stopped may be kept all the same.
      if (lane.next === null && from > 0n) await lane.readBack(kafka, 0n, takeover);
      return lane;
    } catch (error) {
      await lane.close();
      throw error;
    }
  }

  /** The offset of the events' partition to read on from; null when the ledger does not tell. */
  get nextOffset(): bigint | null {
    return this.next;
  }

  /** How far the event at an offset has come; null when no part of it has been written. */
  progressAt(offset: bigint): FanOutProgress | null {
    return this.begun?.offset === offset ? this.begun : null;
  }

  /**
   * Writes records, the ledger entries of their events and where to read on: all or nothing. After a failure the outcome
   * is unknown and the lane must be opened anew, whose ledger then tells.
   * @param entries the events' entries in the ledger, with the digests of their data.
   * @param next where to read on: at an offset, or in the middle of an event.
   * @param proceed says, while they are on their way, whether they are to count.
   * @returns false when `proceed` said no: nothing is written then.
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
    for (const [entry, digest] of entries) this.ledger.add(entry, digest);
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
   * Takes over what a record of the ledger says. One that something else wrote is passed over: it would keep the partition
   * from opening at each start, for as long as the topic keeps it.
   */
  private take(record: ReceivedRecord): void {
    try {
      const { entries, next, begun } = readLedgerRecord(record);
      for (const [entry, digest] of entries) this.ledger.add(entry, digest);
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
    if (!producer) throw new RangeError(`a lane has no producer ${this.turn}`);
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

/** All of the one, then all of the other, each record when it is asked for. */
export function* chained(...all: readonly Iterable<OutgoingRecord>[]): Generator<OutgoingRecord, void, void> {
  for (const records of all) yield* records;
}

/** @throws {Error} when the record is none of the ledger. */
function readLedgerRecord({ headers, rawHeaders, value, unreadable }: ReceivedRecord): {
  readonly entries: readonly (readonly [entry: string, digest: number | null])[];
  /** Null when the record does not tell. */
  readonly next: bigint | null;
  /** How far the event at `next` has come; null when it has not been begun. */
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

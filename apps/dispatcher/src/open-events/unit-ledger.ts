import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import {
  type OutgoingRecord,
  PartitionReader,
  type ReceivedRecord,
  TransactionalProducer,
} from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { chained } from '../fan-out/chained.js';
import {
  DEDUPE_WINDOW_MS,
  firstOffsetSince,
  LEDGER_TIMEOUT_MS,
  reportInvalidLedgerRecord,
} from '../fan-out/ledger-reading.js';
import { ledgerSchemaHeaders } from '../fan-out/ledger-record.js';
import { decodePlace, encodePlace, EntryCount, type LedgerPlace, PLACE_HEADER } from './entry-count.js';
import { type BeginningLimits, ledgerBeginning, type PlacedRecord } from './ledger-beginning.js';
import { isUnitRecord, type LedgerRecord, readLedgerRecord } from './ledger-record.js';
import { Takeover, type TakenOver } from './takeover.js';
import { inPartition } from './records-of-unit.js';
import { transactionalIds } from './transactional-ids.js';
import { encodeUnitRecord } from './unit-record-codec.js';
import { markOf, type UnitRecord } from './unit-record.js';

/** What a ledger needs to be opened. */
export interface UnitLedgerOptions {
  readonly kafka: Kafka;
  /** The client whose retries suit transactions. */
  readonly transactionalKafka: Kafka;
  readonly admin: Admin;
  /** The number of the unit's partitions. */
  readonly unit: number;
  readonly logger: Logger;
  /** How far back the ledger is read. */
  readonly limits?: BeginningLimits;
}

/** How many records behind an offset are looked at for one that says its place. */
const LOOKED_AT = 100;
/** How many offsets before its end the ledger is searched at first for the last record that is known. */
const LOOK_BACK = 64n;

/**
 * The exclusive right to write as one unit, and the unit's ledger. Opening it fences every earlier owner, of this release
 * and of the one before, so what it has read is complete.
 *
 * Its `write` and `reopen` are those of `UnitPorts`. They are called one after the other, as the engine does.
 */
export class UnitLedger {
  /** Who writes: a UUID of this takeover. */
  readonly writer: string = randomUUID();
  private readonly producer: TransactionalProducer;
  private takenOver: TakenOver = new Takeover(Topics.events).taken;
  private count = new EntryCount(Topics.events);
  /** The offset behind the mark of this takeover. */
  private openedAt = 0n;
  /** The number of the last record that is known to be written. */
  private known = 0;
  /** A write has failed, and it is not known yet what became of it. */
  private isUnsure = false;

  private constructor(private readonly options: UnitLedgerOptions) {
    this.producer = this.producerOf(transactionalIds(options.unit).own);
  }

  /** Takes a unit over, and reads its ledger. */
  static async open(options: UnitLedgerOptions): Promise<UnitLedger> {
    const ledger = new UnitLedger(options);
    try {
      await ledger.takeOver();
      return ledger;
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  /**
   * What the ledger said at the takeover. It may have no position for a topic: the commit of a group counts then, which
   * must be read after the takeover.
   */
  get taken(): TakenOver {
    return this.takenOver;
  }

  /**
   * Writes records and their ledger record, all or nothing, see {@link inPartition}.
   * @throws when the outcome is not known. The ledger must be opened again then, with {@link reopen}.
   */
  async write(record: UnitRecord, outgoing: Iterable<OutgoingRecord>): Promise<void> {
    // The producer would take the id over by itself, and write without asking what became of the last transaction.
    if (this.isUnsure) throw new Error('the ledger must be opened again before something is written');
    this.isUnsure = true;
    const own = this.outgoing(record, this.count.placeOf(record));
    await this.producer.write(chained(inPartition(outgoing, this.options.unit), [own]));
    this.isUnsure = false;
    this.known = record.sequence;
    this.count.add(record);
  }

  /**
   * Takes the id over once more, which decides the last transaction.
   * @returns the records behind the last one that is known; null when another owner has written there.
   */
  async reopen(): Promise<readonly UnitRecord[] | null> {
    this.isUnsure = true;
    await this.producer.disconnect();
    // To take over what is another's would only disturb its owner.
    if ((await this.tail()) === null) return null;
    await this.producer.connect();
    const tail = await this.tail();
    if (tail === null) return null;
    this.isUnsure = false;
    for (const record of tail) this.count.add(record);
    this.known = tail.at(-1)?.sequence ?? this.known;
    return tail;
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  /** Requests that do not depend on each other are made at the same time: all deliveries of the unit wait for this. */
  private async takeOver(): Promise<void> {
    const { admin, unit } = this.options;
    const others = transactionalIds(unit).others.map((id) => this.fence(id));
    const since = firstOffsetSince(admin, unit, Date.now() - DEDUPE_WINDOW_MS);
    const from = await onceAllEnded(since, this.producer.connect(), ...others);
    await this.reading(async (reader) => {
      const end = await reader.committedEnd(Topics.fanOutLedger, unit);
      const mark = this.producer.write([this.outgoing(markOf(this.writer), null)]);
      const beginning = await onceAllEnded(this.beginning(reader, from, end), mark);
      await this.readUpToMark(reader, beginning);
      // The ledger has no record of the last 24 hours, but an older one may hold the position.
      if (!this.taken.positions.has(Topics.events) && from > 0n) await this.readUpToMark(reader, 0n);
    });
  }

  /**
   * Where reading begins: at `from`, or as late as the places of the records let it.
   * @param until where the ledger ended when all former owners were fenced.
   */
  private async beginning(reader: PartitionReader, from: bigint, until: bigint): Promise<bigint> {
    const lastFrom = until - LOOK_BACK;
    const last = await this.placedIn(reader, { from: lastFrom > from ? lastFrom : from, until }, 'last');
    if (last === null) return from;
    const placed = (offset: bigint): Promise<PlacedRecord | null> =>
      this.placedIn(reader, { from: offset, until }, 'first');
    return ledgerBeginning(from, last, placed, this.options.limits);
  }

  /** The first or last record that says its place, among the next ones. */
  private async placedIn(
    reader: PartitionReader,
    range: { readonly from: bigint; readonly until: bigint },
    which: 'first' | 'last',
  ): Promise<PlacedRecord | null> {
    let found: PlacedRecord | null = null;
    let looked = 0;
    await this.read(reader, range, (_record, offset, place) => {
      looked += 1;
      if (place) found = { offset, place };
      return looked < LOOKED_AT && (which === 'last' || found === null) ? 'go-on' : 'enough';
    });
    return found;
  }

  /** Takes an id over under which nothing is written here. */
  private async fence(id: string): Promise<void> {
    const producer = this.producerOf(id);
    await producer.connect();
    await producer.disconnect();
  }

  private async readUpToMark(reader: PartitionReader, from: bigint): Promise<void> {
    const takeover = new Takeover(Topics.events);
    const count = new EntryCount(Topics.events);
    await this.read(reader, { from }, (record, offset, place) => {
      if (this.isOwn(record)) {
        this.openedAt = offset + 1n;
        return 'enough';
      }
      takeover.learn(record);
      count.add(record, place);
      return 'go-on';
    });
    this.takenOver = takeover.taken;
    this.count = count;
  }

  /** The own records behind the last one that is known; null when there are others'. */
  private tail(): Promise<UnitRecord[] | null> {
    return this.reading(async (reader) => {
      const until = await reader.committedEnd(Topics.fanOutLedger, this.options.unit);
      // The ledger is not the one that was read.
      if (until < this.openedAt) return null;
      for (let back = LOOK_BACK; ; back *= LOOK_BACK) {
        const isWhole = until - back <= this.openedAt;
        const from = isWhole ? this.openedAt : until - back;
        const records: UnitRecord[] = [];
        let others = 0;
        await this.read(reader, { from, until }, (record) => {
          if (this.isOwn(record)) records.push(record);
          else others += 1;
          return others === 0 ? 'go-on' : 'enough';
        });
        if (others > 0) return null;
        const unknown = records.filter(({ sequence }) => sequence > this.known);
        if (isWhole || unknown.length < records.length) return unknown;
      }
    });
  }

  private async reading<T>(read: (reader: PartitionReader) => Promise<T>): Promise<T> {
    const reader = new PartitionReader(this.options.kafka);
    try {
      return await read(reader);
    } finally {
      await reader.close();
    }
  }

  /** Reads committed records of the ledger. Those that are not valid are reported and passed over. */
  private read(
    reader: PartitionReader,
    range: { readonly from: bigint; readonly until?: bigint },
    take: (record: LedgerRecord, offset: bigint, place: LedgerPlace | null) => 'go-on' | 'enough',
  ): Promise<void> {
    const { unit, logger } = this.options;
    const place = { topic: Topics.fanOutLedger, partition: unit, ...range };
    const takeReceived = (received: ReceivedRecord): 'go-on' | 'enough' => {
      try {
        return take(readLedgerRecord(received), received.offset, decodePlace(received.headers[PLACE_HEADER]));
      } catch (error) {
        reportInvalidLedgerRecord(error, { partition: unit, offset: received.offset }, logger);
        return 'go-on';
      }
    };
    return reader.read(place, takeReceived, LEDGER_TIMEOUT_MS);
  }

  private isOwn(record: LedgerRecord): record is UnitRecord {
    return isUnitRecord(record) && record.writer === this.writer;
  }

  /** @param place null for the mark of a takeover: what it stands behind is not read yet. */
  private outgoing(record: UnitRecord, place: LedgerPlace | null): OutgoingRecord {
    const { value, headers } = encodeUnitRecord(record, Topics.events);
    return {
      topic: Topics.fanOutLedger,
      partition: this.options.unit,
      key: null,
      value,
      headers: {
        ...ledgerSchemaHeaders(),
        ...headers,
        ...(place && { [PLACE_HEADER]: encodePlace(place) }),
      },
    };
  }

  private producerOf(id: string): TransactionalProducer {
    return new TransactionalProducer(this.options.transactionalKafka, id, this.options.logger);
  }
}

/** The result of the first, once all have ended. @throws the reason of the first of them that failed. */
async function onceAllEnded<T>(first: Promise<T>, ...others: readonly Promise<unknown>[]): Promise<T> {
  const [result, ...ended] = await Promise.allSettled([first, ...others]);
  if (result.status === 'rejected') throw result.reason;
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return result.value;
}

import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import {
  encodeUnitRecord,
  type LedgerRecord,
  markOf,
  type UnitRecord,
} from '@skillora/dispatcher/simulation-exports';

import type { ModelKafka, ModelWrite } from '../model-kafka.js';
import { asOfUnit, readLedgerRecord } from './mixed-ledger.js';

/**
 * The ledger of a unit as one owner sees it: the transactional id, and how far it has read. The model's log is complete
 * as soon as an id is opened, so only a takeover needs a mark.
 */
export class ModelLedger {
  readonly writer: string = randomUUID();
  private epoch = 0;
  /** The offset behind the last record that is known. */
  private knownTo = 0n;
  private foreign = false;

  /** @param epochOf the epoch with which it writes, of its own and the newest. */
  constructor(
    private readonly kafka: ModelKafka,
    private readonly unit: number,
    private readonly transactionalId: string,
    private readonly epochOf: (own: number, newest: number) => number,
  ) {}

  /** Whether another owner has written there since the takeover. */
  get isForeign(): boolean {
    return this.foreign;
  }

  /** Takes the unit over. @returns all records of the ledger. */
  takeOver(): LedgerRecord[] {
    this.fence();
    this.kafka.write([this.written(markOf(this.writer))]);
    return this.readOn();
  }

  /** Takes the transactional id over once more. @returns what is not known yet. */
  reopen(): UnitRecord[] {
    this.fence();
    const tail = this.readOn().map(asOfUnit);
    this.foreign ||= tail.some(({ writer }) => writer !== this.writer);
    return tail;
  }

  /** Writes a transaction, all or nothing. @throws {Fenced} when another owner has opened the id. */
  transact(writes: readonly ModelWrite[], record: UnitRecord): void {
    const { kafka, unit, transactionalId } = this;
    const { offset = 0n } = record.positions.get(Topics.events) ?? {};
    const commit = { offset, metadata: '' };
    const epoch = this.epochOf(this.epoch, kafka.newestEpoch(transactionalId));
    kafka.transact({ transactionalId, epoch }, [...writes, this.written(record)], {
      group: 'deliver',
      topic: Topics.events,
      partition: unit,
      commit,
    });
  }

  /** Reads on to the end. */
  readOn(): LedgerRecord[] {
    const records = this.kafka.read(Topics.fanOutLedger, this.unit, this.knownTo, Infinity);
    this.knownTo = (records.at(-1)?.offset ?? this.knownTo - 1n) + 1n;
    return records.map(readLedgerRecord);
  }

  private written(record: UnitRecord): ModelWrite {
    const value = encodeUnitRecord(record, Topics.events);
    return { topic: Topics.fanOutLedger, partition: this.unit, value };
  }

  private fence(): void {
    this.epoch = this.kafka.open(this.transactionalId);
  }
}

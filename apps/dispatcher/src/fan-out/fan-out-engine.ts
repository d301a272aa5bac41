import type { CanonicalEvent } from '@skillora/contracts';

import type { Clock } from '../clock.js';
import { deliveriesTo, type EndpointDirectory, matchEndpoints } from './fan-out-event.js';
import { type FanOutProgress, nextPart } from './fan-out-part.js';
import { FanOutTransaction, TRANSACTION_LIMITS, type TransactionLimits } from './fan-out-transaction.js';
import { dataDigest, type Ledger, ledgerEntry } from './ledger.js';

/** The exclusive right to fan out one partition, as far as the engine asks it. */
export interface FanOutMemory {
  readonly ledger: Pick<Ledger, 'has' | 'hasOtherData'>;
  /** How far the event at an offset has come; null when no part of it has been written. */
  progressAt(offset: bigint): FanOutProgress | null;
}

/** What the engine acts on. `R` stands for a record of the events' topic, `L` for the right to fan out a partition. */
export interface FanOutPorts<R extends { readonly offset: bigint }, L extends FanOutMemory> {
  readonly clock: Pick<Clock, 'now'>;
  readonly endpoints: EndpointDirectory & {
    /** How many changes the table has taken: whoever read it at the same revision read the same. */
    readonly revision: number;
    /** Resolves when every change acknowledged to a caller before this call is in the table. */
    caughtUp(): Promise<void>;
  };
  readonly lanes: {
    /** The open lane of a partition; opens it if it is not. */
    of(partition: number): Promise<L>;
    /** Gives up the lane that `of` has answered. */
    close(partition: number, opening: Promise<L>): Promise<void>;
  };
  /** The event of a record; null when it holds none. */
  eventOf(record: R, partition: number): CanonicalEvent | null;
  /**
   * Writes what comes of the transaction's records, their entries in the ledger and where to read on: all or nothing.
   * @param proceed says, while it is on its way, whether it is to count.
   * @returns false when `proceed` said no: nothing is written then.
   */
  write(
    lane: L,
    partition: number,
    transaction: FanOutTransaction<R>,
    proceed: Promise<boolean>,
  ): Promise<boolean>;
}

/** The pure function that divides an event with many endpoints. */
export const FAN_OUT_RULES = { nextPart };
export type FanOutRules = typeof FAN_OUT_RULES;

/** Events in, deliveries out: each event once, to every endpoint that was subscribed when the event was accepted. */
export class FanOutEngine<R extends { readonly offset: bigint }, L extends FanOutMemory> {
  constructor(
    private readonly ports: FanOutPorts<R, L>,
    private readonly limits: TransactionLimits = TRANSACTION_LIMITS,
    private readonly rules: FanOutRules = FAN_OUT_RULES,
  ) {}

  /**
   * Fans out records of one partition, in order, in as many transactions as it takes.
   * @param isStale true when the partition was given to another instance: what is not begun need not be.
   */
  async take(partition: number, records: readonly R[], isStale: () => boolean): Promise<void> {
    const { endpoints } = this.ports;
    // A caller whose endpoint was registered before an event was accepted counts on it. To look takes as long as to
    // write, so both go on at once: what was matched against an older table is withdrawn and matched again.
    const upToDate = endpoints.caughtUp().then(() => endpoints.revision);
    upToDate.catch(() => undefined);
    for (let at = 0; at < records.length && !isStale();) {
      at += await this.fanOut(partition, records.slice(at), upToDate);
    }
  }

  /**
   * Fans out the first of the records in one transaction.
   * @param upToDate the revision that the table must have had at least.
   * @returns how many came to their end; 0 when they were matched too early, or when a part of the first was written.
   */
  private async fanOut(partition: number, records: readonly R[], upToDate: Promise<number>): Promise<number> {
    const { lanes, endpoints } = this.ports;
    const opening = lanes.of(partition);
    const lane = await opening;
    const { revision } = endpoints;
    const transaction = this.match(lane, partition, records);
    try {
      const proceed = upToDate.then((needed) => revision >= needed);
      return (await this.ports.write(lane, partition, transaction, proceed)) ? transaction.taken : 0;
    } catch (error) {
      await lanes.close(partition, opening);
      throw error;
    }
  }

  /** What comes of as many of the records as one transaction takes, as the table of endpoints is now. */
  private match(lane: L, partition: number, records: readonly R[]): FanOutTransaction<R> {
    const transaction = new FanOutTransaction<R>(new Date(this.ports.clock.now()), this.limits);
    for (const record of records) {
      if (transaction.isFull || !this.add(transaction, lane, partition, record)) break;
      transaction.taken += 1;
      transaction.next = record.offset + 1n;
    }
    return transaction;
  }

  /** @returns whether all that comes of the record is in the transaction. */
  private add(transaction: FanOutTransaction<R>, lane: L, partition: number, record: R): boolean {
    const event = this.ports.eventOf(record, partition);
    if (!event) {
      transaction.pass(record);
      return true;
    }
    const entry = ledgerEntry(event);
    const digest = dataDigest(event);
    if (transaction.knows(entry, lane.ledger)) {
      transaction.repeat(record, event, transaction.hasOtherData(entry, digest, lane.ledger));
      return true;
    }
    const progress = lane.progressAt(record.offset);
    const matched = matchEndpoints(event, this.ports.endpoints);
    const lastEndpointId = progress?.lastEndpointId ?? null;
    const part = this.rules.nextPart(matched, lastEndpointId, transaction.roomFor(event));
    // An event that does not fit begins a transaction of its own.
    if (!part.isLast && transaction.taken > 0) return false;
    const deliveries = deliveriesTo(event, part.endpoints, transaction.now);
    const last = part.endpoints.at(-1);
    const parts = transaction.add(record, event, deliveries, part.isLast, progress?.parts ?? 0);
    if (part.isLast || !last) {
      transaction.entries.set(entry, digest);
      return true;
    }
    transaction.next = { offset: record.offset, parts, lastEndpointId: last.id };
    return false;
  }
}

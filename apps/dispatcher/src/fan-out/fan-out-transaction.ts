import type { CanonicalEvent, Delivery, TraceContext } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

import { BYTES_BESIDE_BODY, DeliveryRecords } from './delivery-records.js';
import { chained } from './fan-out-lane.js';
import type { FanOutProgress } from './fan-out-part.js';
import { FanOutReports } from './fan-out-reports.js';
import type { Ledger } from './ledger.js';

/** The maximum number of events in one transaction. Events share the cost of a transaction. */
const EVENTS = 500;
/**
 * These limits bound the duration of a transaction, because Kafka aborts it after 30 s. An event that exceeds
 * them takes several transactions, one part after the other.
 */
const DELIVERIES = 5_000;
const BYTES = 8 * 1_024 * 1_024;

/**
 * The content of one transaction: deliveries, dead letters and reports of some events, one after the other.
 */
export class FanOutTransaction {
  readonly now = new Date();
  /** The ledger entries of the events, with the digests of their data. */
  readonly entries = new Map<string, number>();
  /** Dead letters of records that are not valid events. */
  readonly unhandled: OutgoingRecord[] = [];
  /** Repeated events with other data, for the dead-letter topic. */
  readonly conflicting: OutgoingRecord[] = [];
  /** Functions to call once the transaction is committed. */
  readonly written: (() => void)[] = [];
  /** Where to continue once the transaction is committed. */
  next: bigint | FanOutProgress = 0n;
  /**
   * How many records the transaction finishes, and how many of these are repeats, including repeats with
   * other data.
   */
  taken = 0;
  repeated = 0;
  /** How many deliveries the transaction creates. */
  made = 0;
  private bytes = 0;
  private readonly deliveries: DeliveryRecords[] = [];
  private readonly reports = new FanOutReports(this.now);

  get isFull(): boolean {
    return this.taken === EVENTS || this.made >= DELIVERIES || this.bytes >= BYTES;
  }

  /** How many deliveries of this event fit in. */
  roomFor({ body }: CanonicalEvent): number {
    const inBytes = Math.floor((BYTES - this.bytes) / (body.length + BYTES_BESIDE_BODY));
    return Math.min(DELIVERIES - this.made, inBytes);
  }

  /** Whether an event is a repeat: fanned out before, or in this transaction. */
  knows(entry: string, ledger: Ledger): boolean {
    return this.entries.has(entry) || ledger.has(entry);
  }

  /** Whether the known event of an entry had other data. */
  hasOtherData(entry: string, digest: number, ledger: Ledger): boolean {
    const former = this.entries.get(entry);
    return former === undefined ? ledger.hasOtherData(entry, digest) : former !== digest;
  }

  /** Counts a repeat; it gets no deliveries. */
  repeat(event: CanonicalEvent): void {
    this.repeated += 1;
    this.reports.add(event, []);
  }

  /**
   * Adds deliveries of an event.
   * @param parts how many parts of its report are written already.
   * @returns how many parts there are with these.
   */
  add(event: CanonicalEvent, deliveries: readonly Delivery[], trace: TraceContext, parts: number): number {
    const records = new DeliveryRecords(deliveries, trace);
    this.deliveries.push(records);
    this.made += records.count;
    this.bytes += records.bytes;
    return this.reports.add(event, deliveries, parts);
  }

  /** All records to write, each created when it is read. */
  outgoing(): Iterable<OutgoingRecord> {
    return chained(...this.deliveries, this.unhandled, this.reports.records(), this.conflicting);
  }
}

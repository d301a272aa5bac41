import type { CanonicalEvent, Delivery, TraceContext } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

import { BYTES_BESIDE_BODY, DeliveryRecords } from './delivery-records.js';
import { chained } from './fan-out-lane.js';
import type { FanOutProgress } from './fan-out-part.js';
import { FanOutReports } from './fan-out-reports.js';
import type { Ledger } from './ledger.js';

/** So many events go into one transaction; its cost is shared by them. */
const EVENTS = 500;
/**
 * These bound the time of a transaction, which Kafka aborts after 30 s. An event with more goes into several, one part
 * after the other.
 */
const DELIVERIES = 5_000;
const BYTES = 8 * 1_024 * 1_024;

/** What one transaction is to write: deliveries, dead letters and reports of some events, one after the other. */
export class FanOutTransaction {
  readonly now = new Date();
  /** The entries of its events in the ledger, with the digests of their data. */
  readonly entries = new Map<string, number>();
  /** Dead letters of records that are no events. */
  readonly unhandled: OutgoingRecord[] = [];
  /** Repeats with other data, for the dead-letter topic. */
  readonly conflicting: OutgoingRecord[] = [];
  /** To be called once it is written. */
  readonly written: (() => void)[] = [];
  /** Where to read on once it is written. */
  next: bigint | FanOutProgress = 0n;
  /** How many records it deals with to their end, and of these how many were fanned out before, conflicting ones included. */
  taken = 0;
  repeated = 0;
  /** How many deliveries it makes. */
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

  /** Whether an event is known: fanned out before, or in this transaction. */
  knows(entry: string, ledger: Ledger): boolean {
    return this.entries.has(entry) || ledger.has(entry);
  }

  /** Whether the event of an entry that is known had other data. */
  hasOtherData(entry: string, digest: number, ledger: Ledger): boolean {
    const former = this.entries.get(entry);
    return former === undefined ? ledger.hasOtherData(entry, digest) : former !== digest;
  }

  /** Notes a repetition; it goes nowhere. */
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

  /** All it writes, each record made when it is asked for. */
  outgoing(): Iterable<OutgoingRecord> {
    return chained(...this.deliveries, this.unhandled, this.reports.records(), this.conflicting);
  }
}

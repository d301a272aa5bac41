import type { CanonicalEvent, Delivery } from '@skillora/contracts';

import { BYTES_BESIDE_BODY, bytesOf } from './delivery-records.js';
import type { FanOutProgress } from './fan-out-part.js';
import { FanOutReports } from './fan-out-reports.js';
import type { Ledger } from './ledger.js';

/** How much goes into one transaction. */
export interface TransactionLimits {
  /** Its cost is shared by its events. */
  readonly events: number;
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * Deliveries and bytes bound the time of a transaction, which Kafka aborts after 30 s. An event with more goes into several,
 * one part after the other.
 */
export const TRANSACTION_LIMITS: TransactionLimits = {
  events: 500,
  deliveries: 5_000,
  bytes: 8 * 1_024 * 1_024,
};

/** What comes of one record in a transaction. `R` stands for the record. */
export type RecordOutcome<R> =
  | { readonly kind: 'not-an-event'; readonly record: R }
  | {
      readonly kind: 'repeated';
      readonly record: R;
      readonly event: CanonicalEvent;
      /** It says something else than the event that was fanned out. */
      readonly hasOtherData: boolean;
    }
  | {
      readonly kind: 'fanned-out';
      readonly record: R;
      readonly event: CanonicalEvent;
      /** Those of one part of the event, where it goes to many endpoints. */
      readonly deliveries: readonly Delivery[];
      readonly isLast: boolean;
    };

/** What comes of some records, one after the other, to be written in one transaction. */
export class FanOutTransaction<R> {
  /** The entries of its events in the ledger, with the digests of their data. */
  readonly entries = new Map<string, number>();
  /** In the order of the records. */
  readonly outcomes: RecordOutcome<R>[] = [];
  readonly reports: FanOutReports;
  /** Where to read on once it is written. */
  next: bigint | FanOutProgress = 0n;
  /** How many records it deals with to their end. */
  taken = 0;
  /** How many deliveries it makes. */
  made = 0;
  private bytes = 0;

  /** @param now when its deliveries are made. */
  constructor(
    readonly now: Date,
    private readonly limits: TransactionLimits,
  ) {
    this.reports = new FanOutReports(now);
  }

  get isFull(): boolean {
    const { events, deliveries, bytes } = this.limits;
    return this.taken === events || this.made >= deliveries || this.bytes >= bytes;
  }

  /** How many deliveries of this event fit in. */
  roomFor({ body }: CanonicalEvent): number {
    const inBytes = Math.floor((this.limits.bytes - this.bytes) / (body.length + BYTES_BESIDE_BODY));
    return Math.min(this.limits.deliveries - this.made, inBytes);
  }

  /** Whether an event is known: fanned out before, or in this transaction. */
  knows(entry: string, ledger: Pick<Ledger, 'has'>): boolean {
    return this.entries.has(entry) || ledger.has(entry);
  }

  /** Whether the event of an entry that is known had other data. */
  hasOtherData(entry: string, digest: number, ledger: Pick<Ledger, 'hasOtherData'>): boolean {
    const former = this.entries.get(entry);
    return former === undefined ? ledger.hasOtherData(entry, digest) : former !== digest;
  }

  /** Notes a record that is no event. */
  pass(record: R): void {
    this.outcomes.push({ kind: 'not-an-event', record });
  }

  /** Notes a repetition; it goes nowhere. */
  repeat(record: R, event: CanonicalEvent, hasOtherData: boolean): void {
    this.reports.add(event, []);
    this.outcomes.push({ kind: 'repeated', record, event, hasOtherData });
  }

  /**
   * Adds deliveries of an event.
   * @param isLast whether no more are to follow in other transactions.
   * @param parts how many parts of its report are written already.
   * @returns how many parts there are with these.
   */
  add(
    record: R,
    event: CanonicalEvent,
    deliveries: readonly Delivery[],
    isLast: boolean,
    parts: number,
  ): number {
    this.outcomes.push({ kind: 'fanned-out', record, event, deliveries, isLast });
    this.made += deliveries.length;
    this.bytes += bytesOf(deliveries);
    return this.reports.add(event, deliveries, parts);
  }
}

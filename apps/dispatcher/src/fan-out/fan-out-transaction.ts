import type { CanonicalEvent, Delivery } from '@skillora/contracts';

import { bytesOf, recordBytes } from './delivery-records.js';
import type { FanOutProgress } from './fan-out-part.js';
import { FanOutReports } from './fan-out-reports.js';
import type { DedupeWindow } from './dedupe-window.js';
import type { MadeOfEvent } from './made-of-event.js';

/** The limits of one transaction. */
export interface TransactionLimits {
  /** Events share the cost of a transaction. */
  readonly events: number;
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * Deliveries and bytes limit the duration of a transaction, because Kafka aborts it after 30 s. An event
 * that exceeds them takes several transactions, one part after the other.
 */
export const TRANSACTION_LIMITS: TransactionLimits = {
  events: 500,
  deliveries: 5_000,
  bytes: 8 * 1_024 * 1_024,
};

/** The outcome of one record in a transaction. `R` is the host's type for the record. */
export type RecordOutcome<R> =
  | { readonly kind: 'not-an-event'; readonly record: R }
  | {
      readonly kind: 'repeated';
      readonly record: R;
      readonly event: CanonicalEvent;
      /** Whether its data differ from those of the event that was fanned out. */
      readonly hasOtherData: boolean;
    }
  | ({
      readonly kind: 'fanned-out';
      readonly record: R;
      readonly event: CanonicalEvent;
    } & MadeOfEvent);

/** The size of one endpoint in a report, bytes. */
const FILTERED_BYTES = 40;

/** The content of one transaction: the outcomes of some records, one after the other. */
export class FanOutTransaction<R> {
  /** The ledger entries of the events, with the digests of their data. */
  readonly entries = new Map<string, number>();
  /** In the order of the records. */
  readonly outcomes: RecordOutcome<R>[] = [];
  readonly reports: FanOutReports;
  /** Where to continue once the transaction is committed. */
  next: bigint | FanOutProgress = 0n;
  /** How many records the transaction finishes. */
  taken = 0;
  /** How many deliveries the transaction creates. */
  made = 0;
  /** How many deliveries a filter left out. */
  filtered = 0;
  private bytes = 0;

  /** @param now the creation time of its deliveries. */
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

  /** How many deliveries with this body fit in. */
  roomFor(body: Delivery['body']): number {
    const inBytes = Math.floor((this.limits.bytes - this.bytes) / recordBytes({ body }));
    return Math.min(this.limits.deliveries - this.made, inBytes);
  }

  /** Whether an event is a repeat: fanned out before, or in this transaction. */
  knows(entry: string, dedupeWindow: Pick<DedupeWindow, 'has'>): boolean {
    return this.entries.has(entry) || dedupeWindow.has(entry);
  }

  /** Whether the known event of an entry had other data. */
  hasOtherData(entry: string, digest: number, dedupeWindow: Pick<DedupeWindow, 'hasOtherData'>): boolean {
    const former = this.entries.get(entry);
    return former === undefined ? dedupeWindow.hasOtherData(entry, digest) : former !== digest;
  }

  /** Adds a record that is not a valid event. */
  pass(record: R): void {
    this.outcomes.push({ kind: 'not-an-event', record });
  }

  /** Counts a repeat; it gets no deliveries. */
  repeat(record: R, event: CanonicalEvent, hasOtherData: boolean): void {
    this.reports.add(event, { deliveries: [], filtered: [] });
    this.outcomes.push({ kind: 'repeated', record, event, hasOtherData });
  }

  /**
   * Adds deliveries of an event, and whom it was not delivered to.
   * @param parts how many parts of its report are written already.
   * @returns how many parts there are with these.
   */
  add(record: R, event: CanonicalEvent, made: MadeOfEvent, parts: number): number {
    const { deliveries, filtered } = made;
    this.outcomes.push({ kind: 'fanned-out', record, event, ...made });
    this.made += deliveries.length;
    this.filtered += filtered.length;
    this.bytes += bytesOf(deliveries) + filtered.length * FILTERED_BYTES;
    return this.reports.add(event, made, parts);
  }
}

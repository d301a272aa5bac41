import type { CanonicalEvent } from '@skillora/contracts';

import { bodyInDelivery } from '../bodies/body-in-delivery.js';
import type { Clock } from '../clock.js';
import { deliveriesTo, type EndpointDirectory, matchEndpoints } from './fan-out-event.js';
import { type FanOutProgress, filteringIn, nextPart } from './fan-out-part.js';
import { FanOutTransaction, TRANSACTION_LIMITS, type TransactionLimits } from './fan-out-transaction.js';
import { dataDigest, type DedupeWindow, dedupeEntry } from './dedupe-window.js';

/** The memory of the exclusive right to fan out one partition. */
export interface FanOutMemory {
  readonly dedupeWindow: Pick<DedupeWindow, 'has' | 'hasOtherData'>;
  /** The progress of the event at an offset; null when no part of it has been written. */
  progressAt(offset: bigint): FanOutProgress | null;
}

/**
 * The surroundings of the fan-out engine. `R` is the host's type for a record, `P` for a partition
 * that it owns.
 */
export interface FanOutPorts<R extends { readonly offset: bigint }, P extends FanOutMemory> {
  readonly clock: Pick<Clock, 'now'>;
  readonly endpoints: EndpointDirectory & {
    /**
     * The number of changes that the table has applied. Two reads at the same revision see the same table.
     */
    readonly revision: number;
    /** Resolves when the table holds every change that was acknowledged to a caller before this call. */
    caughtUp(): Promise<void>;
  };
  readonly partitions: {
    /** The right to fan out a partition; takes it over if this instance has not. */
    of(partition: number): Promise<P>;
    /** Gives up the right that `of` has answered. */
    close(partition: number, opening: Promise<P>): Promise<void>;
  };
  /** Larger bodies, in bytes, are not copied into each delivery: see {@link bodyInDelivery}. */
  readonly largestCopied: number;
  /** The event of a record; null when it is not valid; `look` for an `EndpointsLook`. */
  eventOf(record: R, partition: number): CanonicalEvent | 'look' | null;
  /**
   * Writes the content of a transaction, its ledger entries and the position to continue from, all or
   * nothing.
   * @param proceed decides, while the records are sent, whether to commit them.
   * @returns false when `proceed` answered no: then nothing is written.
   */
  write(
    owned: P,
    partition: number,
    transaction: FanOutTransaction<R>,
    proceed: Promise<boolean>,
  ): Promise<boolean>;
}

/** The pure function that divides an event with many endpoints. */
export const FAN_OUT_RULES = { nextPart };
export type FanOutRules = typeof FAN_OUT_RULES;

/**
 * The fan-out stage: reads events and writes deliveries, once for each event, to every endpoint that was
 * subscribed when the event was accepted.
 */
export class FanOutEngine<R extends { readonly offset: bigint }, P extends FanOutMemory> {
  constructor(
    private readonly ports: FanOutPorts<R, P>,
    private readonly limits: TransactionLimits = TRANSACTION_LIMITS,
    private readonly rules: FanOutRules = FAN_OUT_RULES,
  ) {}

  /**
   * Fans out records of one partition, in order, in as many transactions as necessary.
   * @param isStale whether another instance owns the partition now, so that no further transaction is begun.
   */
  async take(partition: number, records: readonly R[], isStale: () => boolean): Promise<void> {
    const { endpoints } = this.ports;
    // The API has promised each customer that an endpoint counts for events accepted after its answer, so the
    // table must be up to date. Checking this takes as long as writing, so both run at once. Events that were
    // matched with an older table are withdrawn and matched again.
    const upToDate = endpoints.caughtUp().then(() => endpoints.revision);
    upToDate.catch(() => undefined);
    for (let at = 0; at < records.length && !isStale();) {
      at += await this.fanOut(partition, records.slice(at), upToDate);
    }
  }

  /**
   * Fans out the first records in one transaction.
   * @param upToDate the revision that the table must have had at least.
   * @returns how many records were finished; 0 when they were matched too early, or when only a part of the
   * first was written.
   */
  private async fanOut(partition: number, records: readonly R[], upToDate: Promise<number>): Promise<number> {
    const { partitions, endpoints } = this.ports;
    const opening = partitions.of(partition);
    const owned = await opening;
    const { revision } = endpoints;
    const transaction = this.match(owned, partition, records);
    try {
      const proceed = upToDate.then((needed) => revision >= needed);
      return (await this.ports.write(owned, partition, transaction, proceed)) ? transaction.taken : 0;
    } catch (error) {
      await partitions.close(partition, opening);
      throw error;
    }
  }

  /** Builds a transaction from as many records as it takes, with the table of endpoints as it is now. */
  private match(owned: P, partition: number, records: readonly R[]): FanOutTransaction<R> {
    const transaction = new FanOutTransaction<R>(new Date(this.ports.clock.now()), this.limits);
    for (const record of records) {
      if (transaction.isFull || !this.add(transaction, owned, partition, record)) break;
      transaction.taken += 1;
      transaction.next = record.offset + 1n;
    }
    return transaction;
  }

  /**
   * Adds a record to the transaction.
   * @returns whether the transaction holds everything that the record needs.
   */
  private add(transaction: FanOutTransaction<R>, owned: P, partition: number, record: R): boolean {
    const event = this.ports.eventOf(record, partition);
    // The endpoints are looked at for every batch, so a look adds nothing.
    if (event === 'look') return true;
    if (!event) {
      transaction.pass(record);
      return true;
    }
    const entry = dedupeEntry(event);
    const digest = dataDigest(event);
    if (transaction.knows(entry, owned.dedupeWindow)) {
      transaction.repeat(record, event, transaction.hasOtherData(entry, digest, owned.dedupeWindow));
      return true;
    }
    const progress = owned.progressAt(record.offset);
    const { wanting, filtering } = matchEndpoints(event, this.ports.endpoints);
    const lastEndpointId = progress?.lastEndpointId ?? null;
    const place = { partition, offset: record.offset };
    const body = bodyInDelivery(event, place, this.ports.largestCopied);
    const part = this.rules.nextPart(wanting, lastEndpointId, transaction.roomFor(body));
    // An event that does not fit begins its own transaction.
    if (!part.isLast && transaction.taken > 0) return false;
    const deliveries = deliveriesTo(event, part.endpoints, transaction.now, body);
    const last = part.endpoints.at(-1);
    const filtered = filteringIn(part, filtering, lastEndpointId).map(({ id }) => id);
    const made = { deliveries, filtered, isLast: part.isLast };
    const parts = transaction.add(record, event, made, progress?.parts ?? 0);
    if (part.isLast || !last) {
      transaction.entries.set(entry, digest);
      return true;
    }
    transaction.next = { offset: record.offset, parts, lastEndpointId: last.id };
    return false;
  }
}

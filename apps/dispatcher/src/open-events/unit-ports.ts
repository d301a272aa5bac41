import type { CanonicalEvent, Delivery } from '@skillora/contracts';
import { afterRefusal, type Refusable } from '@skillora/kafka';

import type { Clock } from '../clock.js';
import type { EndpointDirectory } from '../fan-out/fan-out-event.js';
import { nextPart } from '../fan-out/fan-out-part.js';
import type { MadeOfEvent } from '../fan-out/made-of-event.js';
import type { Backlog } from '../queues/backlog.js';
import type { DedupeWindow } from '../fan-out/dedupe-window.js';
import type { Holdings } from './holdings.js';
import type { OpenEvent, ReportForm, Slice } from './open-event.js';
import { type TakenOver, verdictOf } from './takeover.js';
import {
  cut,
  type DedupeEntry,
  type UnitTransaction,
  UNIT_LIMITS,
  type UnitLimits,
} from './unit-transaction.js';
import type { UnitRecord } from './unit-record.js';

/** The place of one delivery of an open event. */
export interface EventPlace {
  readonly offset: bigint;
  readonly endpointId: string;
}

/**
 * The surroundings of a {@link UnitEngine}. `R` is the host's type for a record that was read, `W` for one to write.
 */
export interface UnitPorts<R extends { readonly offset: bigint }, W> {
  readonly clock: Clock;
  readonly endpoints: EndpointDirectory & {
    /** Resolves when the table holds every change that is in its topic at this call. */
    caughtUp(): Promise<void>;
  };
  /** What the open events of the instance hold. */
  readonly holdings: Pick<Holdings, 'hasRoom' | 'hasRoomForDeliveries' | 'take' | 'leave'>;
  /** How far the instance is behind with what it has taken; null when nothing more may be matched. */
  backlog(): Backlog | null;
  /** The event of a record; null when it is not valid; `look` for a barrier. */
  eventOf(record: R): CanonicalEvent | 'look' | null;
  /**
   * Deliveries of an event were made, which are queued next.
   * @param isTakenOver whether a former owner of the unit has matched and told them.
   */
  made(event: OpenEvent, made: MadeOfEvent, isTakenOver: boolean): void;
  /**
   * Queues a delivery; what becomes of it comes back by {@link UnitEngine.ended}.
   * @param body what is sent, which the delivery may only name.
   */
  deliver(place: EventPlace, delivery: Delivery, body: string): void;
  /** What is written for an event that repeats another one, or for a record that is no event. */
  recordsOf(record: R, what: 'repeated' | 'conflicting' | 'not-an-event'): readonly W[];
  /** What is written in place of these if Kafka refuses them for good: alternatives, to be tried in order. */
  insteadOf(record: R, error: unknown): readonly W[];
  /** Writes a transaction and its ledger record, all or nothing. Rejects when the outcome is not known. */
  write(record: UnitRecord, transaction: UnitTransaction<W>): Promise<void>;
  /** Kafka refuses the report of an event in every form, so the event is told without it. */
  reportLeftOut(event: OpenEvent, error: unknown): void;
  /** A transaction is surely written. */
  written(transaction: UnitTransaction<W>): void;
  /**
   * Takes the transactional id over once more.
   * @returns the ledger behind the last record that this owner knows of; null when another instance owns the unit.
   */
  reopen(): Promise<readonly UnitRecord[] | null>;
  /**
   * There may be room, for any unit of the instance: the open events of all share it. The host calls
   * {@link UnitEngine.matchMore} of each, and offers records again; also at each of its ticks, because what another topic
   * had in the queues may be gone.
   */
  hasRoom(): void;
  /** The unit is another's, or its memory is void: it must be given up. */
  lost(): void;
}

/** The pure functions of the engine. */
export const UNIT_RULES = {
  cut,
  nextPart,
  verdictOf,
  /**
   * Whether another event of an organisation may be matched: what waits for the instance, and not for its endpoints, begins
   * within about 200 ms. So an event seldom has to be told before its deliveries end. Organisations take turns in the
   * queues, so one with less than its share of what may wait does not wait for the others.
   */
  mayReadOn: ({ waiting, byOrganization, begunLately, atOnce }: Backlog, organizationId: string): boolean => {
    const most = Math.max(begunLately, atOnce);
    const share = most / Math.max(1, byOrganization.size);
    return waiting < most || (byOrganization.get(organizationId) ?? 0) < share;
  },
  /** Whether a slice must be told, if nothing else is said of its event. */
  isDue: ({ madeAt }: Slice, now: number): boolean => now - madeAt >= TELL_MS,
  /** Whether an event repeats one that was fanned out, or is open. */
  isKnown: (entry: string, window: Pick<DedupeWindow, 'has'>, open: ReadonlyMap<string, unknown>): boolean =>
    open.has(entry) || window.has(entry),
  /**
   * The organisation behind whose events an event has to wait; null if it need not wait. Order is promised within an
   * organisation, and who reads the reports takes an event for told once a later one of its organisation is.
   */
  waitsBehind: (organizationId: string, waiting: ReadonlyMap<string, unknown>): string | null =>
    waiting.has(organizationId) ? organizationId : null,
  /** What is tried after Kafka has refused a report for good. */
  afterRefusedReport: (report: Refusable<ReportForm>, error: unknown): Refusable<ReportForm> =>
    afterRefusal(report, error),
  /** The entry that is written for a repeat: it belongs to the first event, and comes with its close. */
  entryOfRepeat: (_entry: DedupeEntry): DedupeEntry | null => null,
};
export type UnitRules = typeof UNIT_RULES;

/** An event is told this long after it was matched, ms. */
export const TELL_MS = 200;

/** The settings of one unit. */
export interface UnitSettings {
  /** The topic of its events, and their partition. */
  readonly topic: string;
  readonly unit: number;
  /** Larger bodies, in bytes, are named by their deliveries and not copied: see `bodyInDelivery`. */
  readonly largestCopied: number;
  /** A UUID of this takeover. */
  readonly writer: string;
  readonly taken: TakenOver;
  readonly limits: UnitLimits;
  /** How many deliveries of one event may be in memory. */
  readonly slice: number;
  /** How long outcomes are gathered, ms. */
  readonly gatherMs: number;
  /** After so long without a record in the ledger its positions are written again, ms. Default: never. */
  readonly renewMs?: number;
}

export const UNIT_DEFAULTS = { limits: UNIT_LIMITS, slice: 1_000, gatherMs: 100 } as const;

import type { CanonicalEvent, Delivery } from '@skillora/contracts';
import { type Instead, OffsetWindow, type WindowCommit } from '@skillora/kafka';

import { bodyInDelivery } from '../bodies/body-in-delivery.js';
import { dataDigest, dedupeEntry } from '../fan-out/dedupe-window.js';
import { deliveriesTo, matchEndpoints } from '../fan-out/fan-out-event.js';
import { filteringIn } from '../fan-out/fan-out-part.js';
import type { MadeOfEvent } from '../fan-out/made-of-event.js';
import { EarliestTimer } from './earliest-timer.js';
import type { Backlog } from '../queues/backlog.js';
import { OpenEvent } from './open-event.js';
import { type ToldEvent, toldOf } from './takeover.js';
import {
  type EventPlace,
  TELL_MS,
  UNIT_RULES,
  type UnitPorts,
  type UnitRules,
  type UnitSettings,
} from './unit-ports.js';
import type { DedupeEntry, Outcome, UnitTransaction } from './unit-transaction.js';
import { UnitWriter } from './unit-writer.js';
import { WaitingEvents } from './waiting-events.js';

const NOWHERE: WindowCommit = { offset: 0n, metadata: '' };
/** When an event that waits may not be matched, this is asked again after this time, ms. */
const NOT_YET_MS = 100;

/**
 * The engine of one unit: the partitions of one number of the events, the deliveries, the slow lane and the retries. It
 * delivers from the log of events: an event is open from its match until all its deliveries have ended, and what is said
 * of it is written by delivery. See `docs/decisions/36`.
 *
 * Its hosts are `UnitHost` on Kafka, and the simulation (topology `one-hop`).
 */
export class UnitEngine<R extends { readonly offset: bigint }, W> {
  private readonly windows = new Map<string, OffsetWindow>();
  /** The open events by offset, and by their entry in the dedupe window. */
  private readonly open = new Map<bigint, OpenEvent>();
  private readonly byEntry = new Map<string, OpenEvent>();
  /** Events that are not matched whole: wide ones, and those that may not be matched yet. */
  private readonly waiting = new WaitingEvents();
  private readonly matchAgain: EarliestTimer;
  private isOver = false;
  private readonly writer: UnitWriter<W>;

  constructor(
    private readonly settings: UnitSettings,
    private readonly ports: UnitPorts<R, W>,
    private readonly rules: UnitRules = UNIT_RULES,
  ) {
    this.matchAgain = new EarliestTimer(ports.clock, () => {
      this.matchMore();
    });
    this.writer = new UnitWriter(settings, ports, rules, {
      open: this.open,
      windows: this.windows,
      written: (transaction) => this.apply(transaction),
      lost: () => {
        this.stop();
        ports.lost();
      },
    });
  }

  /** Looks at the endpoints, because changes may have been answered that no look ahead of the log tells. */
  async start(): Promise<void> {
    await this.ports.endpoints.caughtUp();
    this.writer.start();
  }

  /** The window of a topic of the unit, which continues where a former owner was. */
  window(topic: string): OffsetWindow {
    let window = this.windows.get(topic);
    if (!window) {
      window = new OffsetWindow(this.settings.taken.positions.get(topic) ?? NOWHERE);
      this.windows.set(topic, window);
    }
    return window;
  }

  /** Whether nothing is left to write. */
  get isIdle(): boolean {
    return this.writer.isIdle;
  }

  /**
   * Takes records of the events in their order, one call after the other. The host has taken them from the window.
   * @returns how many were taken; the host gives the rest back, and offers it again once there is room, or a moment
   * later if the endpoints could not be read.
   */
  async take(records: readonly R[]): Promise<number> {
    let taken = 0;
    // All these records were in memory when the first look began, so it saw what the others are there for.
    let hasLooked = false;
    for (const record of records) {
      if (this.isOver || !this.ports.holdings.hasRoom) break;
      const event = this.ports.eventOf(record);
      if (event === 'look') {
        hasLooked ||= await this.look();
        if (!hasLooked) break;
        this.pass(record);
      } else if (event === null) this.pass(record, this.ports.recordsOf(record, 'not-an-event'));
      else if (!this.takeOne(record, event)) break;
      taken += 1;
    }
    return taken;
  }

  /** A delivery of an open event has ended: these records say so. The first end of a delivery counts. */
  ended(place: EventPlace, writes: readonly W[], bytes: number, instead?: Instead<W>): void {
    const { offset, endpointId } = place;
    const event = this.open.get(offset);
    if (event?.left.has(endpointId)) this.add({ kind: 'ended', event, endpointId, writes, bytes, instead });
  }

  /** A record of another topic of the unit is done: these records are written for it. The first time counts. */
  done(topic: string, offset: bigint, writes: readonly W[], bytes: number, instead?: Instead<W>): void {
    if (this.window(topic).isOpen(offset)) this.add({ kind: 'done', topic, offset, writes, bytes, instead });
  }

  /** Nothing more is written; what is in memory is the next owner's. */
  stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.writer.stop();
    this.matchAgain.cancel();
    for (const { left, event } of this.open.values()) this.ports.holdings.leave(left.size, event.body.length);
    for (const { kind, bytes } of this.writer.waiting)
      if (kind === 'ended') this.ports.holdings.leave(0, bytes);
    this.ports.hasRoom();
  }

  /**
   * Matches what waits, organisation by organisation, as far as it may be matched; about a slice at most, so that other
   * units have their turn.
   */
  matchMore(): void {
    if (this.isOver) return;
    let backlog = this.ports.backlog();
    let room = this.settings.slice;
    for (const [queue, events] of this.waiting.inTurns()) {
      let [first] = events;
      while (first && room > 0 && (first.matched.slices > 0 || this.mayBegin(first.event, backlog))) {
        const before = first.left.size;
        const isWhole = this.matchNextSlice(first);
        room -= first.left.size - before;
        if (!isWhole) break;
        first = this.waiting.next(queue);
        backlog = this.ports.backlog();
      }
    }
    if (this.waiting.organizations.size > 0) this.matchAgain.set(NOT_YET_MS);
  }

  /** Writes what waits, without waiting for more. */
  flushNow(): void {
    this.writer.writeIn(0);
  }

  /** @returns false if it has to wait on the log, because of its organisation. */
  private takeOne(record: R, event: CanonicalEvent): boolean {
    const { offset } = record;
    const entry = dedupeEntry(event);
    const digest = dataDigest(event);
    const { dedupeWindow, told } = this.settings.taken;
    const isKnown = this.rules.isKnown(entry, dedupeWindow, this.byEntry);
    const behind = this.rules.waitsBehind(event.organizationId, this.waiting.organizations);
    const waits = behind !== null || (!isKnown && !this.mayBeMatched(event, this.ports.backlog()));
    // The report of a repeat would say that those which wait were told.
    if (waits && (isKnown || !this.waiting.hasRoomFor(event))) return false;
    if (isKnown) {
      const first = this.byEntry.get(entry);
      const differs = first ? first.digest !== digest : dedupeWindow.hasOtherData(entry, digest);
      const writes = this.ports.recordsOf(record, differs ? 'conflicting' : 'repeated');
      this.pass(record, writes, { entry, digest });
      return true;
    }
    const known = toldOf(event, told.get(offset), (id) => this.ports.endpoints.get(id)?.organizationId);
    const opened = new OpenEvent(offset, event, entry, digest, known?.matched, known?.left.keys());
    this.open.set(offset, opened);
    this.byEntry.set(entry, opened);
    this.ports.holdings.take(opened.left.size, event.body.length);
    if (known) this.resume(opened, known);
    if (opened.isOver) this.writer.writeIn(this.settings.gatherMs);
    if (!waits) this.matchNextSlice(opened);
    if (!opened.matched.isWhole) this.waiting.add(behind ?? event.organizationId, opened);
    if (waits) this.matchAgain.set(NOT_YET_MS);
    return true;
  }

  /** Reads the endpoints to their end. @returns false when that failed, so that the look must be taken again. */
  private async look(): Promise<boolean> {
    try {
      await this.ports.endpoints.caughtUp();
      return true;
    } catch {
      return false;
    }
  }

  /** Goes on with an event that a former owner has told: with its endpoints, and not with those of now. */
  private resume(opened: OpenEvent, { left }: ToldEvent): void {
    if (left.size === 0) return;
    const body = this.bodyIn(opened);
    const deliveries = [...left].flatMap(([id, madeAt]) => {
      const version = this.ports.endpoints.get(id)?.version ?? 0;
      return deliveriesTo(opened.event, [{ id, version }], new Date(madeAt), body);
    });
    this.deliver(opened, { deliveries, filtered: [], isLast: opened.matched.isWhole }, true);
  }

  /** Whether an event that waits may be matched: there is room for its deliveries. */
  private mayBegin(event: CanonicalEvent, backlog: Backlog | null): boolean {
    return this.ports.holdings.hasRoomForDeliveries && this.mayBeMatched(event, backlog);
  }

  /** Whether an event may be matched: little of its organisation waits in the queues. */
  private mayBeMatched({ organizationId }: CanonicalEvent, backlog: Backlog | null): boolean {
    return backlog !== null && this.rules.mayReadOn(backlog, organizationId);
  }

  /** Matches the next slice of an event, if half of those before has ended. @returns whether the event is matched whole. */
  private matchNextSlice(opened: OpenEvent): boolean {
    if (!opened.matched.isWhole && opened.left.size <= this.settings.slice / 2) this.match(opened);
    return opened.matched.isWhole;
  }

  /** Matches an event, or its next slice. */
  private match(opened: OpenEvent): void {
    const { event, matched, left } = opened;
    const { clock, endpoints, holdings } = this.ports;
    const room = this.settings.slice - left.size;
    const { wanting, filtering } = matchEndpoints(event, endpoints);
    const part = this.rules.nextPart(wanting, matched.lastEndpointId, room);
    const madeAt = clock.now();
    const endpointIds = part.endpoints.map(({ id }) => id);
    const filteredIds = filteringIn(part, filtering, matched.lastEndpointId).map(({ id }) => id);
    const { isLast } = part;
    opened.add({ number: matched.slices, madeAt, endpointIds, filteredIds, isLast });
    holdings.take(endpointIds.length, 0);
    this.writer.writeIn(TELL_MS);
    const deliveries = deliveriesTo(event, part.endpoints, new Date(madeAt), this.bodyIn(opened));
    this.deliver(opened, { deliveries, filtered: filteredIds, isLast }, false);
  }

  /** What deliveries of an event have as their body. */
  private bodyIn({ event, offset }: OpenEvent): Delivery['body'] {
    const { unit, largestCopied } = this.settings;
    return bodyInDelivery(event, { partition: unit, offset }, largestCopied);
  }

  private deliver(opened: OpenEvent, made: MadeOfEvent, isTakenOver: boolean): void {
    const { offset, event } = opened;
    this.ports.made(opened, made, isTakenOver);
    for (const delivery of made.deliveries)
      this.ports.deliver({ offset, endpointId: delivery.endpointId }, delivery, event.body);
  }

  /** A record of the events of which nothing is delivered. @param repeats what it repeats, if it does. */
  private pass(record: R, writes: readonly W[] = [], repeats: DedupeEntry | null = null): void {
    const { offset } = record;
    const entry = repeats && this.rules.entryOfRepeat(repeats);
    const instead: Instead<W> = (error) => this.ports.insteadOf(record, error);
    this.add({ kind: 'passed', offset, entry, writes, bytes: 0, instead });
  }

  private add(outcome: Outcome<W>): void {
    if (this.isOver || !this.writer.add(outcome)) return;
    if (outcome.kind === 'ended') this.ports.holdings.take(0, outcome.bytes);
  }

  /** A transaction is written: it counts from now on. */
  private apply(transaction: UnitTransaction<W>): void {
    const { settings, ports } = this;
    const { outcomes, told, closed } = transaction;
    const { dedupeWindow } = settings.taken;
    for (const { event } of told) event.told(1);
    for (const outcome of outcomes) {
      if (outcome.kind === 'ended') {
        outcome.event.ended(outcome.endpointId);
        ports.holdings.leave(1, outcome.bytes);
      } else {
        this.window(outcome.kind === 'passed' ? settings.topic : outcome.topic).done(outcome.offset);
        if (outcome.kind === 'passed' && outcome.entry) {
          dedupeWindow.add(outcome.entry.entry, outcome.entry.digest);
        }
      }
    }
    for (const { offset, entry, digest, event } of closed) {
      this.open.delete(offset);
      this.byEntry.delete(entry);
      dedupeWindow.add(entry, digest);
      this.window(settings.topic).done(offset);
      ports.holdings.leave(0, event.body.length);
    }
    ports.written(transaction);
    ports.hasRoom();
  }
}

import { Topics } from '@skillora/contracts';
import {
  type EventPlace,
  isUnitRecord,
  takeOver,
  UNIT_DEFAULTS,
  UnitEngine,
  type UnitRecord,
  type UnitTransaction,
} from '@skillora/dispatcher/simulation-exports';

import type { EndpointView } from '../endpoint-view.js';
import { eventOrLook } from '../fan-out-partition.js';
import type { Life } from '../life.js';
import type { ModelRecord, ModelWrite } from '../model-kafka.js';
import { RECORD_BYTES } from '../records.js';
import { ModelLedger } from './model-ledger.js';
import type { OneHopParts } from './one-hop-parts.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';
import { beginning, type Ticket, type TicketHost, type UnitHandlers } from './ticket.js';

/** How many records a fetch brings. */
const FETCH = 20;
/** How many deliveries and retries of a partition may be in memory. */
const WINDOW = 200;

/** Some outcome of a transaction is not known to its writer. */
class OutcomeUnknown extends Error {}

/** One unit in the dispatcher that owns it: its engine, with a model of Kafka behind its ports. */
export class UnitHost implements TicketHost {
  isLost = false;
  /** When it was taken over, ms since the epoch. */
  openedAt: number | null = null;
  /** Attempts that have begun and whose end is not written yet, by ticket. */
  private readonly begun = new Map<string, string>();
  /** How many deliveries it holds of each open event, by offset. */
  readonly held = new Map<bigint, number>();
  private engine: UnitEngine<ModelRecord, ModelWrite> | null = null;
  /** An instance with two hops is back: it makes the deliveries of what is open. */
  private isGivenBack = false;
  private readonly ledger: ModelLedger;
  private readonly polling = new Set<string>();
  private readonly resting = new Set<string>();

  constructor(
    readonly unit: number,
    private readonly world: OneHopSurroundings,
    private readonly life: Life,
    private readonly parts: OneHopParts,
    private readonly endpoints: EndpointView,
    private readonly handlers: UnitHandlers,
  ) {
    this.ledger = new ModelLedger(world.kafka, unit, parts.idOf(unit), parts.epochOf);
  }

  get isIdle(): boolean {
    return this.engine?.isIdle ?? true;
  }

  /** Whether all that it has to say is written. */
  get isInOrder(): boolean {
    return this.openedAt !== null && this.isIdle && !this.isLost;
  }

  /** Takes the unit over: fences former owners, reads the ledger, and begins to read. */
  async open(): Promise<void> {
    const { world, life, parts } = this;
    await life.pause(world.random.between(1, 50));
    await life.brokerThere();
    if (this.isLost) return;
    // While an instance with two hops is there, it has the events.
    if (parts.formersThere() > 0) {
      this.giveBack();
      return;
    }
    const ledger = this.ledger
      .takeOver()
      .map((record) => (isUnitRecord(record) ? parts.readBack(record) : parts.readFormer(record)));
    const taken = takeOver(ledger, Topics.events);
    const settings = {
      ...UNIT_DEFAULTS,
      topic: Topics.events,
      ...{ unit: this.unit, largestCopied: world.largestCopied },
      writer: this.ledger.writer,
      taken,
      limits: parts.limits,
      slice: parts.slice,
    };
    const engine = new UnitEngine<ModelRecord, ModelWrite>(
      settings,
      {
        clock: life.clock,
        endpoints: {
          get: (id) => this.endpoints.get(id),
          subscribers: (...event) => this.endpoints.subscribers(...event),
          caughtUp: () => (this.openedAt === null ? parts.atTakeover : parts.atLook)(this.endpoints),
        },
        holdings: parts.holdings,
        backlog: () => this.handlers.backlog(),
        eventOf: eventOrLook,
        made: () => undefined,
        deliver: (place, delivery, body) => {
          this.held.set(place.offset, (this.held.get(place.offset) ?? 0) + 1);
          this.handlers.deliver(this.ticketOf(place), delivery, body);
        },
        recordsOf: () => [],
        insteadOf: () => [],
        write: (record, transaction) => this.write(record, transaction),
        reportLeftOut: () => undefined,
        written: () => undefined,
        reopen: () => this.reopen(),
        hasRoom: () => this.handlers.hasRoom(),
        lost: () => this.giveUp(),
      },
      parts.unitRules,
    );
    await engine.start();
    if (this.wasLost()) return;
    if (parts.formersThere() > 0) {
      this.giveBack();
      return;
    }
    this.engine = engine;
    this.openedAt = world.clock.now;
    world.opened(this.unit);
    this.wakeAll();
  }

  /** The unit belongs to another dispatcher, or must be taken over anew. What was under way may be repeated. */
  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.engine?.stop();
    for (const attempt of this.begun.values()) this.world.atRisk(attempt);
    this.begun.clear();
  }

  /** Something was written to a topic. */
  written(topic: string, partition: number): void {
    if (partition === this.unit) this.wake(topic);
  }

  /** A delivery has ended, or left for the slow lane. */
  done({ topic, offset, endpointId }: Ticket, writes: readonly ModelWrite[]): void {
    const bytes = writes.length * RECORD_BYTES;
    if (endpointId === null) this.engine?.done(topic, offset, writes, bytes);
    else this.engine?.ended({ offset, endpointId }, writes, bytes);
  }

  began(ticket: Ticket, attempt: string): void {
    this.begun.set(beginning(ticket), attempt);
  }

  moved(ticket: Ticket): void {
    const attempt = this.begun.get(beginning(ticket));
    if (attempt !== undefined) this.world.atRisk(attempt);
  }

  flushNow(): void {
    this.engine?.flushNow();
  }

  /** While it waited. */
  private wasLost(): boolean {
    return this.isLost;
  }

  private ticketOf({ offset, endpointId }: EventPlace): Ticket {
    return { host: this, topic: Topics.events, offset, endpointId };
  }

  private async write(record: UnitRecord, transaction: UnitTransaction<ModelWrite>): Promise<void> {
    const { world, life, parts, unit } = this;
    await life.pause(world.random.between(2, 20));
    await life.brokerThere();
    if (this.isLost) throw new OutcomeUnknown();
    const { outcomes, told } = transaction;
    world.wrote(outcomes.length);
    const reports = parts.reportsOf(told, world.clock.now);
    world.refusals.check(reports);
    const writes: ModelWrite[] = [
      ...outcomes.flatMap((outcome) => outcome.writes),
      ...reports.map((value) => ({ topic: Topics.fanOuts, partition: unit, value })),
    ];
    // Some transactions fail, and some are written though their writer does not hear of it.
    const fails = world.random.chance(world.unknownOutcomes);
    if (fails && world.random.chance(0.5)) throw new OutcomeUnknown();
    this.ledger.transact(writes, parts.written(record, told));
    world.refusals.told(told);
    if (fails) throw new OutcomeUnknown();
    this.ledger.readOn();
    this.wrote(transaction);
    await life.pause(world.random.between(1, 5));
  }

  private wrote({ outcomes }: UnitTransaction<ModelWrite>): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'ended') {
        const place = { offset: outcome.event.offset, endpointId: outcome.endpointId };
        this.begun.delete(beginning(this.ticketOf(place)));
        this.held.set(place.offset, (this.held.get(place.offset) ?? 0) - 1);
      } else if (outcome.kind === 'done') this.begun.delete(beginning({ ...outcome, endpointId: null }));
    }
  }

  /** As far as this dispatcher knows, the unit is still its own. */
  private async reopen(): Promise<readonly UnitRecord[] | null> {
    await this.life.pause(this.world.random.between(1, 50));
    await this.life.brokerThere();
    if (this.isLost) return null;
    this.isGivenBack = this.parts.formersThere() > 0;
    if (this.isGivenBack) return null;
    const tail = this.ledger.reopen();
    // What was written without an answer is not at risk any more.
    if (tail.length > 0 && !this.ledger.isForeign) this.forgetWritten();
    this.held.clear();
    return tail;
  }

  private forgetWritten(): void {
    const results = new Set(
      this.world.kafka.log(Topics.deliveryResults, this.unit).map(({ value }) => this.world.attemptOf(value)),
    );
    for (const [ticket, attempt] of this.begun) if (results.has(attempt)) this.begun.delete(ticket);
  }

  /** The memory of the unit is void. Only what another owner may have done excuses what is repeated. */
  private giveUp(): void {
    if (!this.ledger.isForeign && !this.isGivenBack) this.begun.clear();
    this.lose();
    this.handlers.gaveUp(this);
  }

  private giveBack(): void {
    this.isGivenBack = true;
    this.giveUp();
  }

  /** There may be room: matches what waits, and reads on. */
  wakeAll(): void {
    if (!this.isLost) this.engine?.matchMore();
    for (const topic of this.world.topicsOfUnit) this.wake(topic);
  }

  private wake(topic: string): void {
    if (!this.engine || this.isLost || this.life.isLeaving) return;
    if (this.polling.has(topic) || this.resting.has(topic) || !this.world.topicsOfUnit.includes(topic))
      return;
    this.polling.add(topic);
    void this.poll(topic, this.engine).then(() => this.polling.delete(topic));
  }

  private async poll(topic: string, engine: UnitEngine<ModelRecord, ModelWrite>): Promise<void> {
    for (;;) {
      await this.life.pause(this.world.random.between(1, 5));
      await this.life.brokerThere();
      if (this.isLost || this.life.isLeaving) return;
      const went = topic === Topics.events ? await this.takeEvents(engine) : this.takeOthers(topic, engine);
      if (!went) return;
    }
  }

  private async takeEvents(engine: UnitEngine<ModelRecord, ModelWrite>): Promise<boolean> {
    const { kafka, random } = this.world;
    const window = engine.window(Topics.events);
    const read = kafka.read(Topics.events, this.unit, window.next, random.between(1, FETCH));
    const records = read.filter(({ offset }) => window.take(offset, RECORD_BYTES));
    const taken = await engine.take(records);
    window.giveBack(records.slice(taken).map(({ offset }) => offset));
    return read.length > 0 && (taken > 0 || records.length === 0);
  }

  private takeOthers(topic: string, engine: UnitEngine<ModelRecord, ModelWrite>): boolean {
    const window = engine.window(topic);
    if (window.inFlight >= WINDOW) return false;
    const records = this.world.kafka.read(topic, this.unit, window.next, FETCH);
    for (const [at, record] of records.entries()) {
      if (!window.take(record.offset, RECORD_BYTES)) continue;
      const restMs = this.handlers.take(
        { host: this, topic, offset: record.offset, endpointId: null },
        record,
      );
      if (restMs === 0) continue;
      window.giveBack(records.slice(at, at + 1).map(({ offset }) => offset));
      this.rest(topic, restMs);
      return false;
    }
    return records.length > 0;
  }

  private rest(topic: string, ms: number): void {
    this.resting.add(topic);
    void this.life.pause(ms).then(() => {
      this.resting.delete(topic);
      this.wake(topic);
    });
  }
}

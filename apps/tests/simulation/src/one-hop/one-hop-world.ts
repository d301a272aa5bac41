import { type Delivery, type DeliveryResult, retryTopic, Topics } from '@skillora/contracts';
import type { DedupeWindow } from '@skillora/dispatcher/simulation-exports';

import type { Arrival, CustomerServer, ServerAnswer } from '../customer-server.js';
import type { PublishedEvent } from '../customers.js';
import { ModelKafka } from '../model-kafka.js';
import { Random } from '../random.js';
import { attemptName } from '../records.js';
import type { AskedRound } from '../sent-again.js';
import { VirtualClock } from '../virtual-clock.js';
import type { Fleet, FleetSurroundings } from './fleet.js';
import { type EndpointVersion, ModelRegistry } from './model-registry.js';
import { type OneHopCustomerSurroundings, OneHopCustomers, ORGANIZATIONS } from './one-hop-customers.js';
import { OneHopFleet } from './one-hop-fleet.js';
import type { OneHopSettings } from './one-hop-parts.js';
import { type OneHopSabotage, sabotagedRelay } from './one-hop-sabotage.js';
import { Refusals } from './refusals.js';
import type { SideBySideDispatcher } from './side-by-side-dispatcher.js';
import { UpgradeFleet } from './upgrade-fleet.js';

const MINUTE = 60_000;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
const MOMENTS = 500_000;
const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE];
const TOPICS_OF_UNIT = [
  Topics.events,
  Topics.deliveries,
  Topics.slowDeliveries,
  ...SCHEDULE.map((_, index) => retryTopic(index + 1)),
];

/** Which releases a scenario plays: the one that delivers from the log of events alone, or beside the one before. */
export type Releases = 'one' | 'both';

/** One scenario of the topology: everything in it follows from its seed. */
export class OneHopWorld implements OneHopCustomerSurroundings, FleetSurroundings {
  readonly random: Random;
  readonly clock = new VirtualClock(EPOCH);
  readonly kafka: ModelKafka;
  readonly schedules = { standard: SCHEDULE, extended: SCHEDULE };
  readonly units = 2;
  readonly topicsOfUnit: readonly string[];
  readonly sessionMs = 10_000;
  /** Without faults, more is guaranteed. */
  readonly calm: boolean;
  /** Most endpoints are of one organisation, and few of an event fit into memory. */
  readonly wide: boolean;
  /** More deliveries at once than the instances may attempt, to endpoints that answer at once. */
  readonly busy: boolean;
  /** Customers ask for retries and for deliveries to be sent again. */
  readonly asking: boolean;
  readonly refusals: Refusals;
  readonly settings: OneHopSettings;
  readonly unknownOutcomes: number;
  readonly arrivals: Arrival[] = [];
  /** How often each attempt was in progress when its dispatcher lost its unit. */
  readonly risks = new Map<string, number>();
  readonly violations: string[] = [];
  readonly crowded = false;
  readonly flooded = false;
  readonly choosy = false;
  readonly paced: boolean;
  readonly recovering = false;
  readonly maxInFlight = 200;
  readonly retryWindow = 200;
  readonly deliveriesInTransaction: number;
  /** In some, all deliveries name their events. */
  readonly largestCopied: number;
  private readonly customers: OneHopCustomers;
  private readonly fleet: Fleet;
  /** How far the tables of the dispatchers may be behind, ms. */
  readonly mostLagMs: number;
  private brokerBackAt = 0;

  constructor(
    readonly seed: number,
    readonly sabotage: OneHopSabotage | null = null,
    private readonly trace: ((line: string) => void) | null = null,
    readonly releases: Releases = 'one',
  ) {
    this.random = new Random(seed);
    const { random } = this;
    this.busy = seed % 16 === 9 && releases === 'one';
    this.refusals = new Refusals(
      seed % 12 === 8 && releases === 'one',
      () => this.clock.now,
      (violation) => {
        this.broken(violation);
      },
    );
    this.calm = (random.chance(0.15) || this.busy) && releases === 'one' && !this.refusals.isOn;
    this.wide = seed % 4 === 3 && !this.busy;
    this.settings = {
      slice: this.wide ? 2 : 1_000,
      outcomesInTransaction: seed % 3 === 1 ? 3 : 1_000,
      overall: this.busy ? 4 : 64,
      holdings: { deliveries: seed % 5 === 2 && !this.busy ? 8 : 10_000, bytes: Infinity },
      besideFormer: releases === 'both',
    };
    this.deliveriesInTransaction = this.wide ? 2 : Infinity;
    this.topicsOfUnit = releases === 'one' ? TOPICS_OF_UNIT : [Topics.events];
    this.largestCopied = seed % 6 === 5 ? 0 : Infinity;
    this.asking = seed % 4 === 2 && releases === 'one';
    this.paced = seed % 8 === 6 && releases === 'one';
    this.unknownOutcomes = this.calm ? 0 : random.pick([0, 0.05, 0.2]);
    const mostLagMs = random.pick([200, 5_000]);
    // So far behind that a takeover can come before its table knows what was answered before.
    this.mostLagMs = seed % 7 === 3 && !this.asking ? 60_000 : this.asking ? 200 : mostLagMs;
    this.kafka = new ModelKafka(
      () => this.clock.now,
      (topic, partition) => {
        this.fleet.written(topic, partition);
      },
    );
    const lateMs = random.pick([5, 300, 2_000]);
    const deaths = this.calm ? 0 : random.pick([0, 0.2]);
    const registry = new ModelRegistry(this, sabotagedRelay(sabotage), lateMs, deaths);
    this.customers = new OneHopCustomers(this, registry);
    this.fleet = releases === 'one' ? new OneHopFleet(this) : new UpgradeFleet(this);
  }

  /** Runs the scenario until no event is left. */
  async run(): Promise<void> {
    this.stage();
    try {
      await this.clock.run(MOMENTS);
    } catch (error) {
      this.broken(String(error));
    }
  }

  get askedRounds(): readonly AskedRound[] {
    return this.customers.sentAgain.asked;
  }

  get accepted(): readonly PublishedEvent[] {
    return this.customers.accepted;
  }

  get endpoints(): ReadonlyMap<string, readonly EndpointVersion[]> {
    return this.customers.endpoints;
  }

  get servers(): ReadonlyMap<string, CustomerServer> {
    return this.customers.servers;
  }

  broken(violation: string): void {
    this.violations.push(violation);
    this.tell(`BROKEN ${violation}`);
  }

  tell(line: string): void {
    this.trace?.(`${((this.clock.now - EPOCH) / 1_000).toFixed(3).padStart(9)} ${line}`);
  }

  /** The unit of an organisation's records. */
  unitOf(organizationId: string): number {
    return ORGANIZATIONS.indexOf(organizationId) % this.units;
  }

  partitionOf({ organizationId }: Delivery): number {
    return this.unitOf(organizationId);
  }

  /** With two hops records are divided by endpoint and delivery, with one they are not. */
  shareOf(id: string): number {
    return parseInt(id.slice(0, 8), 16) % this.units;
  }

  hostOf(endpointId: string): string {
    return endpointId;
  }

  brokerAwayMs(): number {
    return Math.max(0, this.brokerBackAt - this.clock.now);
  }

  attemptOf(result: unknown): string {
    return attemptName(result as DeliveryResult);
  }

  wrote(outcomes: number): void {
    if (outcomes > this.settings.outcomesInTransaction)
      this.broken(`${outcomes} outcomes in one transaction`);
  }

  holds(ofEvent: number, all: number): void {
    const { slice, holdings } = this.settings;
    if (ofEvent > slice) this.broken(`${ofEvent} deliveries of one event in memory`);
    // The last event that was taken may have all of these.
    if (all > holdings.deliveries + this.endpoints.size) this.broken(`${all} deliveries in memory`);
  }

  owns(instance: string, unit: number): boolean {
    return this.fleet.owns(instance, unit);
  }

  formersThere(): number {
    return this.fleet.mixed?.formersThere ?? 0;
  }

  formersThereFor(): number {
    const since = this.fleet.mixed?.formersThereSince ?? null;
    return since === null ? 0 : Math.max(0, this.clock.now - Math.max(since, this.brokerBackAt));
  }

  rejoin(instance: SideBySideDispatcher): void {
    this.fleet.mixed?.rejoin(instance);
  }

  opened(unit: number): void {
    this.fleet.mixed?.opened(unit);
  }

  leftInOrder(unit: number): void {
    this.fleet.mixed?.leftInOrder(unit);
  }

  fanOutGoesOn(partition: number, next: bigint, known: Pick<DedupeWindow, 'has'>): void {
    this.fleet.mixed?.fanOutGoesOn(partition, next, known);
  }

  /** How often the deliveries of an event were made once more, because it was open when a fan-out took over. */
  madeAgain(deliveryId: string): number {
    return this.fleet.mixed?.madeAgain(deliveryId) ?? 0;
  }

  /** The brokers do not answer for some time. */
  outage(): void {
    this.brokerBackAt = this.clock.now + this.random.between(100, 3 * MINUTE);
  }

  /** A request reaches its customer's server. @returns the answer. */
  arrive(delivery: Delivery, body: string, instance: string): ServerAnswer {
    const server = this.servers.get(delivery.endpointId);
    if (!server) throw new Error('a delivery to nobody');
    const attempt = attemptName(delivery);
    const answer = server.answer(this.clock.now);
    this.arrivals.push({ attempt, delivery, body, at: this.clock.now, answer, instance });
    this.tell(`${instance}: attempt ${attempt} at ${server.character}: ${answer.status ?? 'no answer'}`);
    return answer;
  }

  atRisk(attempt: string): void {
    this.risks.set(attempt, (this.risks.get(attempt) ?? 0) + 1);
    this.tell(`cut off ${attempt}`);
  }

  private stage(): void {
    const { random, clock } = this;
    for (let count = random.between(this.wide || this.busy ? 5 : 1, 7); count > 0; count -= 1)
      this.customers.createEndpoint();
    this.fleet.begin(random.between(1, 3));
    const times = this.releases === 'one' ? 1 : 2;
    for (let bursts = times * random.between(1, 4); bursts > 0; bursts -= 1) {
      const at = random.between(0, times * 2 * MINUTE);
      const lengthMs = random.pick(this.busy ? [500] : [500, 2_000, 20_000]);
      for (
        let events = random.pick(this.busy ? [100] : this.paced ? [30] : [2, 8, 30]);
        events > 0;
        events -= 1
      ) {
        clock.after(at + random.between(0, lengthMs), () =>
          this.customers.accept(random.pick(ORGANIZATIONS)),
        );
      }
    }
    for (let changes = random.between(0, 8); changes > 0; changes -= 1) {
      clock.after(random.between(0, 3 * MINUTE), () => this.customers.changeEndpoint());
    }
    if (this.asking) this.askAgain();
    if (this.calm) return;
    for (let faults = random.between(0, 8); faults > 0; faults -= 1) {
      const at = random.chance(0.8) ? random.between(0, 3 * MINUTE) : random.between(0, 60 * MINUTE);
      clock.after(at, () => this.fleet.fault());
    }
  }

  /** Some ask while live events come in, others after the last retries. */
  private askAgain(): void {
    const { random, clock, customers } = this;
    for (let times = random.between(2, 6); times > 0; times -= 1) {
      const what = random.pick(['retry', 'resendDelivery', 'resendEvent', 'recover'] as const);
      clock.after(random.between(10_000, random.pick([4, 60]) * MINUTE), () => customers.sentAgain[what]());
    }
  }
}

import { type Delivery, type DeliveryResult, retryTopic, Topics } from '@skillora/contracts';

import type { Arrival, CustomerServer, ServerAnswer } from '../customer-server.js';
import { ModelKafka } from '../model-kafka.js';
import { Random } from '../random.js';
import { attemptName } from '../records.js';
import { VirtualClock } from '../virtual-clock.js';
import { type EndpointVersion, ModelRegistry } from './model-registry.js';
import {
  type OneHopCustomerSurroundings,
  OneHopCustomers,
  ORGANIZATIONS,
  type PublishedEvent,
} from './one-hop-customers.js';
import { OneHopDispatcher } from './one-hop-dispatcher.js';
import type { OneHopSettings } from './one-hop-parts.js';
import { type OneHopSabotage, sabotagedRelay } from './one-hop-sabotage.js';
import { UnitGroup } from './unit-group.js';

const MINUTE = 60_000;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
const MOMENTS = 500_000;
const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE];
/** One scenario of the topology: everything in it follows from its seed. */
export class OneHopWorld implements OneHopCustomerSurroundings {
  readonly random: Random;
  readonly clock = new VirtualClock(EPOCH);
  readonly kafka: ModelKafka;
  readonly schedules = { standard: SCHEDULE, extended: SCHEDULE };
  readonly units = 2;
  readonly topicsOfUnit = [
    Topics.events,
    Topics.deliveries,
    Topics.slowDeliveries,
    ...SCHEDULE.map((_, index) => retryTopic(index + 1)),
  ];
  readonly sessionMs = 10_000;
  /** Without faults, more is guaranteed. */
  readonly calm: boolean;
  /** Most endpoints are of one organisation, and few of an event fit into memory. */
  readonly wide: boolean;
  readonly settings: OneHopSettings;
  readonly unknownOutcomes: number;
  readonly arrivals: Arrival[] = [];
  /** How often each attempt was in progress when its dispatcher lost its unit. */
  readonly risks = new Map<string, number>();
  readonly violations: string[] = [];
  readonly crowded = false;
  readonly flooded = false;
  readonly choosy = false;
  readonly paced = false;
  readonly recovering = false;
  readonly maxInFlight = 200;
  readonly retryWindow = 200;
  readonly deliveriesInTransaction = Infinity;
  readonly largestCopied = Infinity;
  private readonly customers: OneHopCustomers;
  private readonly group: UnitGroup<OneHopDispatcher>;
  private readonly instances: OneHopDispatcher[] = [];
  private readonly mostLagMs: number;
  private brokerBackAt = 0;
  private made = 0;

  constructor(
    readonly seed: number,
    private readonly sabotage: OneHopSabotage | null = null,
    private readonly trace: ((line: string) => void) | null = null,
  ) {
    this.random = new Random(seed);
    const { random } = this;
    this.calm = random.chance(0.15);
    this.wide = seed % 4 === 3;
    this.settings = {
      slice: this.wide ? 2 : 1_000,
      outcomesInTransaction: seed % 3 === 1 ? 3 : 1_000,
      holdings: { deliveries: seed % 5 === 2 ? 8 : 10_000, bytes: Infinity },
    };
    this.unknownOutcomes = this.calm ? 0 : random.pick([0, 0.05, 0.2]);
    const mostLagMs = random.pick([200, 5_000]);
    // So far behind that a takeover can come before its table knows what was answered before.
    this.mostLagMs = seed % 7 === 3 ? 60_000 : mostLagMs;
    this.kafka = new ModelKafka(
      () => this.clock.now,
      (topic, partition) => {
        for (const instance of this.instances) instance.written(topic, partition);
      },
    );
    const lateMs = random.pick([5, 300, 2_000]);
    const deaths = this.calm ? 0 : random.pick([0, 0.2]);
    const registry = new ModelRegistry(this, sabotagedRelay(sabotage), lateMs, deaths);
    this.customers = new OneHopCustomers(this, registry);
    this.group = new UnitGroup(this.clock, random, this.units);
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

  /** Nothing is divided by endpoint or delivery here. */
  shareOf(): number {
    throw new Error('a record is written to the partition of its unit');
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
    return this.group.ownerOf(unit)?.name === instance;
  }

  /** A request reaches its customer's server. @returns the answer. */
  arrive(delivery: Delivery, body: string, instance: string): ServerAnswer {
    const server = this.servers.get(delivery.endpointId);
    if (!server) throw new Error('a delivery to nobody');
    const attempt = attemptName(delivery);
    const unit = this.unitOf(delivery.organizationId);
    if (!this.owns(instance, unit)) this.broken(`${instance}, which was forgotten, began ${attempt}`);
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
    for (let count = random.between(this.wide ? 5 : 1, 7); count > 0; count -= 1)
      this.customers.createEndpoint();
    for (let count = random.between(1, 3); count > 0; count -= 1) this.startInstance();
    for (let bursts = random.between(1, 4); bursts > 0; bursts -= 1) {
      const at = random.between(0, 2 * MINUTE);
      const lengthMs = random.pick([500, 2_000, 20_000]);
      for (let events = random.pick([2, 8, 30]); events > 0; events -= 1) {
        clock.after(at + random.between(0, lengthMs), () =>
          this.customers.accept(random.pick(ORGANIZATIONS)),
        );
      }
    }
    for (let changes = random.between(0, 8); changes > 0; changes -= 1) {
      clock.after(random.between(0, 3 * MINUTE), () => this.customers.changeEndpoint());
    }
    if (this.calm) return;
    for (let faults = random.between(0, 8); faults > 0; faults -= 1) {
      const at = random.chance(0.8) ? random.between(0, 3 * MINUTE) : random.between(0, 60 * MINUTE);
      clock.after(at, () => this.fault());
    }
  }

  private fault(): void {
    const { random, clock, group } = this;
    const running = this.instances.filter((each) => each.serves && group.has(each));
    if (running.length === 0) return;
    const instance = random.pick(running);
    const kind = random.pick(['crash', 'crash', 'freeze', 'freeze', 'outage', 'leave', 'join'] as const);
    this.tell(`${kind} (${instance.name})`);
    switch (kind) {
      case 'crash':
        instance.crash();
        clock.after(this.sessionMs, () => group.remove(instance));
        clock.after(random.between(500, 20_000), () => this.startInstance());
        return;
      case 'freeze': {
        const ms = random.between(100, 30_000);
        clock.after(this.sessionMs, () => {
          if (!instance.answers && ms > this.sessionMs) group.remove(instance);
        });
        instance.freeze(ms, () => {
          if (group.has(instance)) return;
          instance.loseAll();
          group.add(instance);
        });
        return;
      }
      case 'outage':
        this.brokerBackAt = clock.now + random.between(100, 3 * MINUTE);
        return;
      case 'leave':
        if (running.length < 2) return;
        void instance.leave().then(() => group.remove(instance));
        return;
      case 'join':
        this.startInstance();
        return;
    }
  }

  private startInstance(): void {
    const name = `instance-${(this.made += 1)}`;
    const lagMs = this.random.between(0, this.mostLagMs);
    const instance = new OneHopDispatcher(name, this, this.sabotage, lagMs);
    this.instances.push(instance);
    this.group.add(instance);
  }
}

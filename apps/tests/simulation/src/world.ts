import { type Delivery, Topics } from '@skillora/contracts';

import type { EndpointMoment } from './audit.js';
import { ConsumerGroups, DELIVERY_PARTITIONS } from './consumer-groups.js';
import type { Arrival, CustomerServer, ServerAnswer } from './customer-server.js';
import { type PublishedEvent, Customers, type CustomerSurroundings } from './customers.js';
import { ModelKafka } from './model-kafka.js';
import { Random } from './random.js';
import { attemptName } from './records.js';
import type { Sabotage } from './sabotage.js';
import type { AskedRound } from './sent-again.js';
import { SimulatedDispatcher } from './simulated-dispatcher.js';
import { VirtualClock } from './virtual-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
const SESSION_MS = 10_000;
const MOMENTS = 500_000;

/** One scenario: everything in it follows from its seed. */
export class World implements CustomerSurroundings {
  readonly random: Random;
  readonly clock = new VirtualClock(EPOCH);
  readonly kafka: ModelKafka;
  /** An extended retry waits in several retry topics, one after the other. */
  readonly schedules = {
    standard: [MINUTE, 5 * MINUTE, 30 * MINUTE],
    extended: [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR],
  };
  /** Without faults, more is guaranteed. */
  readonly calm: boolean;
  /** Many events for few endpoints of one partition; most of them are too slow. */
  readonly crowded: boolean;
  readonly flooded: boolean;
  /** Endpoints choose their retry schedules, and change them. */
  readonly choosy: boolean;
  readonly paced: boolean;
  readonly recovering: boolean;
  readonly maxInFlight: number;
  readonly retryWindow: number;
  /**
   * How many deliveries fit into one transaction of the fan-out; an event with more is fanned out in parts.
   */
  readonly deliveriesInTransaction: number;
  /** In some worlds all deliveries name their events. */
  readonly largestCopied: number;
  /** How often the outcome of a transaction stays unknown to its writer. */
  readonly unknownOutcomes: number;
  readonly arrivals: Arrival[] = [];
  private readonly customers = new Customers(this);
  /** How often each attempt was in progress when its instance lost the partition. */
  readonly risks = new Map<string, number>();
  readonly violations: string[] = [];
  private readonly instances: SimulatedDispatcher[] = [];
  private readonly groups: ConsumerGroups<SimulatedDispatcher>;
  private brokerBackAt = 0;
  private made = 0;

  constructor(
    readonly seed: number,
    private readonly sabotage: Sabotage | null = null,
    private readonly trace: ((line: string) => void) | null = null,
  ) {
    this.random = new Random(seed);
    const { random } = this;
    this.calm = random.chance(0.15);
    const crowded = random.chance(0.2);
    this.flooded = seed % 16 === 5;
    this.choosy = seed % 8 === 2;
    this.paced = seed % 8 === 6;
    this.recovering = seed % 16 === 14;
    this.crowded = crowded && !this.flooded && !this.paced;
    const maxInFlight = this.calm || this.crowded ? 1_000 : random.pick([5, 20, 100]);
    this.maxInFlight = this.flooded ? 64 : maxInFlight;
    this.retryWindow = this.flooded ? 16 : maxInFlight;
    // After this time the model gives up attempts in progress: a server that hangs longer would never end.
    this.unknownOutcomes = this.calm || this.crowded ? 0 : random.pick([0, 0.01, 0.05]);
    this.groups = new ConsumerGroups(this.clock, random, this.schedules.standard.length);
    this.largestCopied = seed % 8 === 1 ? 0 : Infinity;
    this.deliveriesInTransaction = seed % 4 === 3 ? 2 : 5_000;
    this.kafka = new ModelKafka(
      () => this.clock.now,
      (topic, partition) => {
        for (const instance of this.instances) instance.written(topic, partition);
      },
    );
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

  /** Records a broken guarantee. */
  broken(violation: string): void {
    this.violations.push(violation);
    this.tell(`BROKEN ${violation}`);
  }

  /** For how many endpoints the instances believe that deliveries are in the slow lane. */
  get heldInSlowLane(): number {
    return this.instances.reduce(
      (sum, instance) => sum + (instance.isRunning ? instance.heldInSlowLane : 0),
      0,
    );
  }

  /** How many instances there have been. */
  get instancesMade(): number {
    return this.made;
  }

  get accepted(): readonly PublishedEvent[] {
    return this.customers.accepted;
  }

  get askedRounds(): readonly AskedRound[] {
    return this.customers.sentAgain.asked;
  }

  get endpoints(): ReadonlyMap<string, readonly EndpointMoment[]> {
    return this.customers.endpoints;
  }

  get servers(): ReadonlyMap<string, CustomerServer> {
    return this.customers.servers;
  }

  tell(line: string): void {
    this.trace?.(`${((this.clock.now - EPOCH) / 1_000).toFixed(3).padStart(9)} ${line}`);
  }

  /** The partition of an endpoint's or a delivery's records. */
  shareOf(id: string): number {
    return parseInt(id.slice(0, 8), 16) % DELIVERY_PARTITIONS;
  }

  partitionOf({ endpointId }: Delivery): number {
    return this.shareOf(endpointId);
  }

  /**
   * Many endpoints share one host. Endpoints that must be served soon have their own host, because hanging
   * endpoints may use up the slots of a shared host.
   */
  hostOf(endpointId: string): string {
    const character = this.customers.servers.get(endpointId)?.character;
    const isServedSoon = character === 'prompt' || character === 'wakes';
    return isServedSoon || (this.flooded && character === 'fails') ? endpointId : 'many.example';
  }

  brokerAwayMs(): number {
    return Math.max(0, this.brokerBackAt - this.clock.now);
  }

  /** A request reaches its customer's server. @returns the answer. */
  arrive(delivery: Delivery, body: string, instance: string): ServerAnswer {
    const server = this.customers.servers.get(delivery.endpointId);
    if (!server) throw new Error('a delivery to nobody');
    const answer = server.answer(this.clock.now);
    const attempt = attemptName(delivery);
    this.arrivals.push({ attempt, delivery, body, at: this.clock.now, answer, instance });
    this.tell(`attempt ${attempt} at ${server.character}: ${answer.status ?? 'no answer'}`);
    return answer;
  }

  owns(instance: string, partition: number): boolean {
    const share = { group: 'deliver', topic: Topics.deliveries, partition } as const;
    return this.groups.ownerOf(share)?.name === instance;
  }

  atRisk(attempt: string): void {
    this.risks.set(attempt, (this.risks.get(attempt) ?? 0) + 1);
    this.tell(`cut off ${attempt}`);
  }

  private stage(): void {
    const { random, clock } = this;
    const count = this.crowded || this.paced ? 4 : random.between(1, 6);
    for (let endpoints = this.flooded ? 6 : count; endpoints > 0; endpoints -= 1)
      this.customers.createEndpoint();
    for (let instances = random.between(1, 3); instances > 0; instances -= 1) this.startInstance();
    for (let bursts = random.between(1, this.crowded ? 2 : 4); bursts > 0; bursts -= 1) {
      const at = random.between(0, 3 * MINUTE);
      const lengthMs = random.pick([2_000, 2_000, 20_000]);
      for (
        let events = random.pick(this.crowded || this.flooded || this.paced ? [30, 50] : [2, 8, 30]);
        events > 0;
        events -= 1
      ) {
        clock.after(at + random.between(0, lengthMs), () => this.customers.acceptEvent());
      }
    }
    for (let retries = random.between(0, 3); retries > 0; retries -= 1) {
      clock.after(random.between(MINUTE, 60 * MINUTE), () => this.customers.sentAgain.retry());
    }
    for (let recoveries = this.recovering ? random.between(1, 3) : 0; recoveries > 0; recoveries -= 1) {
      // Some begin while live events come in, others after the last retries.
      const at = random.between(MINUTE, random.pick([4, 60]) * MINUTE);
      clock.after(at, () => this.customers.sentAgain.recover());
    }
    for (let resends = this.recovering ? random.between(1, 4) : 0; resends > 0; resends -= 1) {
      const isEvent = random.chance(0.5);
      const at = random.between(MINUTE, random.pick([4, 60]) * MINUTE);
      clock.after(at, () => this.customers.sentAgain[isEvent ? 'resendEvent' : 'resendDelivery']());
    }
    if (this.calm) return;
    for (let changes = random.between(0, this.paced ? 8 : 4); changes > 0; changes -= 1) {
      // Limits and holds matter while there is a backlog.
      const at = random.between(0, (this.paced ? 4 : 10) * MINUTE);
      clock.after(at, () => this.customers.changeEndpoint());
    }
    for (let faults = random.between(0, 6); faults > 0; faults -= 1) {
      // Most faults happen while there is most work.
      const at = random.chance(0.7) ? random.between(0, 4 * MINUTE) : random.between(0, 60 * MINUTE);
      clock.after(at, () => this.fault());
    }
  }

  private fault(): void {
    const { random, clock } = this;
    const running = this.instances.filter((each) => each.isRunning);
    if (running.length === 0) return;
    const instance = random.pick(running);
    const kind = random.pick(['crash', 'freeze', 'outage', 'leave', 'join', 'rebalance'] as const);
    this.tell(`${kind} (${instance.name})`);
    switch (kind) {
      case 'crash':
        instance.crash();
        clock.after(SESSION_MS, () => this.removeMember(instance));
        clock.after(random.between(500, 20_000), () => this.startInstance());
        return;
      case 'freeze': {
        const ms = random.between(100, 30_000);
        instance.freeze(ms);
        if (ms > SESSION_MS) {
          clock.after(SESSION_MS, () => this.removeMember(instance));
          // It continues its own work until the next heartbeat tells it that it is no longer in the group.
          clock.after(ms + random.between(1, 500), () => this.rejoin(instance));
        }
        return;
      }
      case 'outage':
        this.brokerBackAt = clock.now + random.between(100, 10 * MINUTE);
        return;
      case 'leave':
        if (this.groups.members.length < 2) return;
        void instance.leave().then(() => this.removeMember(instance));
        return;
      case 'join':
        this.startInstance();
        return;
      case 'rebalance':
        this.rejoin(instance);
        return;
    }
  }

  private startInstance(): void {
    const instance = new SimulatedDispatcher(`instance-${(this.made += 1)}`, this, this.sabotage);
    this.instances.push(instance);
    this.groups.add(instance);
  }

  private removeMember(instance: SimulatedDispatcher): void {
    this.groups.remove(instance, () => this.startInstance());
  }

  /** The group considered it dead, so it comes back as a new member. */
  private rejoin(instance: SimulatedDispatcher): void {
    if (!instance.isRunning) return;
    instance.loseAll();
    this.groups.rejoin(instance);
  }
}

import {
  type CanonicalEvent,
  type Delivery,
  type EndpointState,
  eventId,
  EVENT_TYPES,
  type ManualRetry,
  Topics,
} from '@skillora/contracts';

import { type EndpointMoment, foldDelivery } from './audit.js';
import { ConsumerGroups, DELIVERY_PARTITIONS, EVENT_PARTITIONS } from './consumer-groups.js';
import { CHARACTERS, type Character, CustomerServer, type ServerAnswer } from './customer-server.js';
import type { EndpointChange } from './endpoint-view.js';
import { ModelKafka } from './model-kafka.js';
import { Random } from './random.js';
import { attemptName } from './records.js';
import type { Sabotage } from './sabotage.js';
import { SimulatedDispatcher } from './simulated-dispatcher.js';
import type { Surroundings } from './surroundings.js';
import { VirtualClock } from './virtual-clock.js';

const MINUTE = 60_000;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
const SESSION_MS = 10_000;
const MOMENTS = 500_000;

/** A request as it reached a customer's server. */
export interface Arrival {
  readonly attempt: string;
  readonly delivery: Delivery;
  readonly at: number;
  readonly answer: ServerAnswer;
  /** The dispatcher that made it. */
  readonly instance: string;
}

/** An accepted event, as its producer knows it. */
export interface AcceptedEvent {
  readonly event: CanonicalEvent;
  readonly at: number;
}

/** One scenario: everything in it follows from its seed. */
export class World implements Surroundings {
  readonly random: Random;
  readonly clock = new VirtualClock(EPOCH);
  readonly kafka: ModelKafka;
  readonly schedule = [MINUTE, 5 * MINUTE, 30 * MINUTE];
  /** Without faults, more is guaranteed. */
  readonly calm: boolean;
  /** Many events for few endpoints of one partition; most of them are too slow. */
  readonly crowded: boolean;
  readonly maxInFlight: number;
  /**
   * How many deliveries fit into one transaction of the fan-out; an event with more is fanned out in parts.
   */
  readonly deliveriesInTransaction: number;
  /** How often the outcome of a transaction stays unknown to its writer. */
  readonly unknownOutcomes: number;
  readonly accepted: AcceptedEvent[] = [];
  readonly arrivals: Arrival[] = [];
  readonly endpoints = new Map<string, EndpointMoment[]>();
  readonly servers = new Map<string, CustomerServer>();
  /** How often each attempt was in progress when its instance lost the partition. */
  readonly risks = new Map<string, number>();
  readonly violations: string[] = [];
  private readonly requestedRounds = new Map<string, number>();
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
    this.crowded = random.chance(0.2);
    this.maxInFlight = this.calm || this.crowded ? 1_000 : random.pick([5, 20, 100]);
    // After this time the model gives up attempts in progress: a server that hangs longer would never end.
    this.unknownOutcomes = this.calm || this.crowded ? 0 : random.pick([0, 0.01, 0.05]);
    this.groups = new ConsumerGroups(this.clock, random, this.schedule.length);
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

  tell(line: string): void {
    this.trace?.(`${((this.clock.now - EPOCH) / 1_000).toFixed(3).padStart(9)} ${line}`);
  }

  /** The partition of an endpoint's or a delivery's records. */
  shareOf(id: string): number {
    return parseInt(id.slice(0, 8), 16) % DELIVERY_PARTITIONS;
  }

  /**
   * Many endpoints share one host. Endpoints that must be served soon have their own host, because hanging
   * endpoints may use up the slots of a shared host.
   */
  hostOf(endpointId: string): string {
    const character = this.servers.get(endpointId)?.character;
    return character === 'prompt' || character === 'wakes' ? endpointId : 'many.example';
  }

  brokerAwayMs(): number {
    return Math.max(0, this.brokerBackAt - this.clock.now);
  }

  /** A request reaches its customer's server. @returns the answer. */
  arrive(delivery: Delivery, instance: string): ServerAnswer {
    const server = this.servers.get(delivery.endpointId);
    if (!server) throw new Error('a delivery to nobody');
    const answer = server.answer(this.clock.now);
    const attempt = attemptName(delivery);
    this.arrivals.push({ attempt, delivery, at: this.clock.now, answer, instance });
    this.tell(`attempt ${attempt} at ${server.character}: ${answer.status ?? 'no answer'}`);
    return answer;
  }

  atRisk(attempt: string): void {
    this.risks.set(attempt, (this.risks.get(attempt) ?? 0) + 1);
    this.tell(`cut off ${attempt}`);
  }

  private stage(): void {
    const { random, clock } = this;
    for (let endpoints = this.crowded ? 4 : random.between(1, 6); endpoints > 0; endpoints -= 1)
      this.createEndpoint();
    for (let instances = random.between(1, 3); instances > 0; instances -= 1) this.startInstance();
    for (let bursts = random.between(1, this.crowded ? 2 : 4); bursts > 0; bursts -= 1) {
      const at = random.between(0, 3 * MINUTE);
      const lengthMs = random.pick([2_000, 2_000, 20_000]);
      for (let events = random.pick(this.crowded ? [30, 50] : [2, 8, 30]); events > 0; events -= 1) {
        clock.after(at + random.between(0, lengthMs), () => this.acceptEvent());
      }
    }
    for (let retries = random.between(0, 3); retries > 0; retries -= 1) {
      clock.after(random.between(MINUTE, 60 * MINUTE), () => this.retryManually());
    }
    if (this.calm) return;
    for (let changes = random.between(0, 4); changes > 0; changes -= 1) {
      clock.after(random.between(0, 10 * MINUTE), () => this.changeEndpoint());
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

  private acceptEvent(): void {
    const { random, clock } = this;
    if (this.brokerAwayMs() > 0) {
      // Refused: the producer sends it again.
      clock.after(this.brokerAwayMs() + random.between(1, 1_000), () => this.acceptEvent());
      return;
    }
    const sourceId = String(this.accepted.length);
    const at = new Date(clock.now).toISOString();
    const event: CanonicalEvent = {
      id: eventId('/simulation', sourceId),
      organizationId: this.anOrganization(),
      eventType: random.pick(EVENT_TYPES),
      source: '/simulation',
      sourceId,
      occurredAt: at,
      acceptedAt: at,
      body: '{}',
    };
    const partition = ORGANIZATIONS.indexOf(event.organizationId) % EVENT_PARTITIONS;
    this.accepted.push({ event, at: clock.now });
    this.kafka.write([{ topic: Topics.events, partition, value: event }]);
    // A producer without an answer sends the event again.
    if (!this.calm && random.chance(0.1)) {
      clock.after(random.between(1, 60_000), () =>
        this.kafka.write([{ topic: Topics.events, partition, value: event }]),
      );
    }
  }

  private createEndpoint(): void {
    const { random, clock } = this;
    let id = uuidFrom(random);
    while (this.crowded && this.shareOf(id) !== 0) id = uuidFrom(random);
    const character =
      this.servers.size === 0 ? 'prompt' : random.pick(this.crowded ? NOT_KEEPING_UP : CHARACTERS);
    this.servers.set(id, new CustomerServer(character, random, clock.now));
    this.setEndpoint(id, {
      id,
      organizationId: this.anOrganization(),
      version: 1,
      url: 'https://customer.example/hook',
      events: random.chance(0.7) ? EVENT_TYPES : [random.pick(EVENT_TYPES)],
      isActive: true,
      sealedSecret: '',
    });
  }

  private anOrganization(): string {
    return this.random.pick(this.crowded ? ORGANIZATIONS.slice(0, 1) : ORGANIZATIONS);
  }

  private changeEndpoint(): void {
    const { random } = this;
    const [id, moments] = random.pick([...this.endpoints]);
    const state = moments.at(-1)?.state;
    const kind = random.pick(['create', 'toggle', 'delete', 'events'] as const);
    if (kind === 'create' || !state) this.createEndpoint();
    else if (kind === 'delete') this.setEndpoint(id, null);
    else if (kind === 'toggle')
      this.setEndpoint(id, { ...state, version: state.version + 1, isActive: !state.isActive });
    else this.setEndpoint(id, { ...state, version: state.version + 1, events: [random.pick(EVENT_TYPES)] });
  }

  private setEndpoint(id: string, state: EndpointState | null): void {
    const moments = this.endpoints.get(id) ?? [];
    moments.push({ at: this.clock.now, state });
    this.endpoints.set(id, moments);
    this.tell(`endpoint ${id} ${state ? `version ${state.version}, active ${state.isActive}` : 'deleted'}`);
    const change: EndpointChange = { id, state };
    this.kafka.write([{ topic: Topics.endpoints, partition: 0, value: change }]);
  }

  /** A customer asks for a retry of a failed delivery, and the registry accepts it. */
  private retryManually(): void {
    const { random, clock } = this;
    const delivery = this.arrivals.length === 0 ? undefined : random.pick(this.arrivals).delivery;
    if (!delivery || this.brokerAwayMs() > 0) return;
    const { deliveryId, endpointId } = delivery;
    const { state } = foldDelivery(this, deliveryId, delivery.createdAt);
    if (state.status !== 'failed' && state.status !== 'retrying') return;
    const round = Math.max(state.reached.round, this.requestedRounds.get(deliveryId) ?? 0) + 1;
    this.requestedRounds.set(deliveryId, round);
    const requestedAt = new Date(clock.now).toISOString();
    const marker: ManualRetry = { deliveryId, round, requestedAt };
    const first: Delivery = {
      ...delivery,
      round,
      step: 1,
      trigger: 'manual',
      dueAt: requestedAt,
      endpointVersion: this.endpoints.get(endpointId)?.at(-1)?.state?.version ?? 0,
    };
    this.tell(`manual retry ${deliveryId}/${round}`);
    this.kafka.write([
      { topic: Topics.manualRetries, partition: 0, value: marker },
      { topic: Topics.deliveries, partition: this.shareOf(endpointId), value: first },
    ]);
  }
}

const ORGANIZATIONS = ['0a000000-0000-4000-8000-000000000001', '0a000000-0000-4000-8000-000000000002'];
/** The kinds of server whose deliveries pile up. */
const NOT_KEEPING_UP: readonly Character[] = ['wakes', 'wakes', 'slow', 'flaky'];

function uuidFrom(random: Random): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => random.between(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}

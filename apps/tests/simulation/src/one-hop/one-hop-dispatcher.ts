import { type Delivery, retryTopic, Topics } from '@skillora/contracts';
import {
  Circuits,
  DeliverEngine,
  findEndpoint,
  longestProbeMs,
  type PostedAttempt,
  RETRY_RULES,
  RetryEngine,
  SlowLane,
} from '@skillora/dispatcher/simulation-exports';

import { DeliverTicks } from '../deliver-ticks.js';
import { EndpointView } from '../endpoint-view.js';
import { eventAt } from '../fan-out-partition.js';
import { Life } from '../life.js';
import { ManualRounds } from '../manual-rounds.js';
import type { ModelRecord } from '../model-kafka.js';
import { postOutcomeOf } from '../post-outcome.js';
import { attemptName, deliveryWrite, RECORD_BYTES, type SlowRecord, writesOf } from '../records.js';
import { type OneHopParts, soundParts } from './one-hop-parts.js';
import { type OneHopSabotage, sabotagedParts } from './one-hop-sabotage.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';
import type { Ticket } from './ticket.js';
import type { UnitMember } from './unit-group.js';
import { UnitHost } from './unit-host.js';

/** How long a dispatcher that leaves waits for its results to be written, ms. */
const LEAVING_MS = 20_000;
/** How long it waits until what it moved to the slow lane is written, ms. */
const HANDING_OVER_MS = 8_000;
/** How long an instance that was cut off waits until it asks again whether it may go on, ms. */
const ASK_AGAIN_MS = 50;
const WINDOW = 10_000;

/**
 * One dispatcher that delivers from the log of events: for each unit that it owns a {@link UnitEngine}, and one engine
 * each for deliveries and retries.
 */
export class OneHopDispatcher implements UnitMember {
  protected readonly life: Life;
  protected readonly parts: OneHopParts;
  private readonly endpoints: EndpointView;
  protected readonly deliver: DeliverEngine<Ticket>;
  private readonly retry: RetryEngine<Ticket>;
  protected readonly slowLane = new SlowLane();
  protected readonly units = new Map<number, UnitHost>();
  private readonly ticks: DeliverTicks;
  /** Since when the group does not hear of it, ms since the epoch; null while it does. */
  private silentSince: number | null = null;

  constructor(
    readonly name: string,
    protected readonly world: OneHopSurroundings,
    sabotage: OneHopSabotage | null,
    lagMs: number,
  ) {
    this.life = new Life(world);
    this.parts = sabotagedParts(sabotage, soundParts(world), world);
    this.endpoints = new EndpointView(world, this.life, lagMs);
    const rounds = new ManualRounds(world, lagMs);
    const { clock } = this.life;
    const isStale = ({ host }: Ticket): boolean => host.isLost || !this.life.isAlive;
    const supersedes = (delivery: Delivery): boolean => this.parts.supersedes(rounds, delivery);
    const broken = (error: unknown): void => world.broken(String(error));
    this.retry = new RetryEngine<Ticket>(
      world.schedules.standard,
      { records: Infinity, bytes: Infinity },
      {
        clock,
        supersedes,
        isStale,
        ack: (ticket, forwarded) =>
          ticket.host.done(
            ticket,
            forwarded ? [deliveryWrite(forwarded, { shareOf: () => ticket.host.unit })] : [],
          ),
        giveUp: (_record, error) => broken(error),
        turned: () => undefined,
        failed: (_record, _delivery, error) => broken(error),
      },
      RETRY_RULES,
    );
    this.deliver = new DeliverEngine<Ticket>(
      {
        perEndpoint: 4,
        perHost: 64,
        overall: world.settings.overall,
        window: { records: WINDOW, bytes: WINDOW * RECORD_BYTES },
      },
      world.schedules,
      {
        clock,
        endpoints: {
          get: (endpointId) => this.endpoints.get(endpointId),
          find: async (endpointId, version) => {
            await findEndpoint(this.endpoints, endpointId, version);
            await this.untilHeard();
            return this.endpoints.get(endpointId);
          },
          hostsOf: (endpointId) => [endpointId],
        },
        circuits: new Circuits(longestProbeMs(world.schedules.standard)),
        slowLane: this.slowLane,
        bodyOf: ({ body }) => (typeof body === 'string' ? body : eventAt(world.kafka, body)),
        supersedes,
        isStale,
        aloneSince: (unit) => this.parts.aloneSince(this.units.get(unit)?.openedAt ?? null),
        prepare:
          (ticket, delivery, _endpoint, { onSent }, body) =>
          () =>
            this.post(ticket, delivery, String(body), onSent),
        ack: (ticket, outcome) => {
          const { host } = ticket;
          if (outcome.kind === 'to-slow-lane') {
            world.tell(`slow lane ${attemptName(outcome.delivery)}`);
            host.moved(ticket);
          }
          host.done(ticket, writesOf(outcome, host.unit, { shareOf: () => host.unit }));
        },
        giveUp: (_record, error) => broken(error),
        shared: () => undefined,
        failed: (_record, _delivery, error) => broken(error),
      },
      this.parts.deliverRules,
    );
    this.ticks = new DeliverTicks(this.life, {
      queues: this.deliver.queues,
      tick: () => {
        this.deliver.tick();
        if (this.parts.sharesRoom) for (const each of this.units.values()) each.wakeAll();
      },
    });
  }

  /** Whether it works, and was not asked to end. */
  get serves(): boolean {
    return this.answers && !this.life.isLeaving;
  }

  get answers(): boolean {
    return this.life.isAlive && this.silentSince === null;
  }

  gainUnit(unit: number): void {
    if (!this.life.isAlive || this.life.isLeaving) return;
    this.units.get(unit)?.lose();
    const { world } = this;
    const host = new UnitHost(unit, this.world, this.life, this.parts, this.endpoints, {
      deliver: (ticket, delivery, body) => {
        const all = [...this.units.values()].flatMap(({ held }) => [...held.values()]);
        world.holds(
          host.held.get(ticket.offset) ?? 0,
          all.reduce((sum, each) => sum + each, 0),
        );
        this.deliver.takeFromMainLane({
          record: ticket,
          partition: unit,
          delivery,
          bytes: RECORD_BYTES,
          body,
        });
        this.ticks.start();
      },
      backlog: () => (this.life.isLeaving ? null : this.deliver.queues.backlog),
      take: (ticket, record) => this.take(ticket, record),
      hasRoom: () => {
        for (const each of this.units.values()) if (each === host || this.parts.sharesRoom) each.wakeAll();
      },
      gaveUp: (former) => {
        this.slowLane.lost(unit);
        if (this.units.get(unit) === former) this.takeAgain(unit);
      },
    });
    this.units.set(unit, host);
    void host.open();
  }

  loseUnit(unit: number): void {
    this.units.get(unit)?.lose();
    this.units.delete(unit);
    this.slowLane.lost(unit);
  }

  loseAll(): void {
    for (const unit of [...this.units.keys()]) this.loseUnit(unit);
  }

  crash(): void {
    this.life.isAlive = false;
    this.loseAll();
  }

  /** Does nothing for `ms`, and its group does not hear of it until a little later. */
  freeze(ms: number, heardAgain: () => void): void {
    if (this.silentSince !== null) return;
    const { clock, random } = this.world;
    this.silentSince = clock.now;
    this.life.freeze(ms);
    clock.after(ms + random.between(1, 500), () => {
      if (!this.life.isAlive) return;
      heardAgain();
      this.silentSince = null;
    });
  }

  /** Ends after SIGTERM: begins nothing new, lets attempts in progress end for 20 s, and writes their results. */
  async leave(): Promise<void> {
    const { clock } = this.world;
    this.life.isLeaving = true;
    this.retry.stop();
    let deadline = clock.now + LEAVING_MS;
    await this.deliver.drain();
    if (this.parts.leavesNothingOpen) {
      this.deliver.handOver(({ topic }) => topic === Topics.events);
      deadline = clock.now + HANDING_OVER_MS;
    }
    const hosts = [...this.units.values()];
    for (const host of hosts) host.flushNow();
    while (this.isBusy && clock.now < deadline) await this.life.pause(50);
    for (const host of hosts) if (host.isInOrder) this.world.leftInOrder(host.unit);
    this.crash();
  }

  /** Something was written to a topic. */
  written(topic: string, partition: number): void {
    for (const host of this.units.values()) host.written(topic, partition);
  }

  /** Resolves when an attempt may begin: the group surely counts this instance as a member. */
  private async untilHeard(): Promise<void> {
    const { clock, sessionMs } = this.world;
    while (!this.parts.mayBegin(this.silentSince ?? clock.now, clock.now, sessionMs)) {
      await this.life.pause(ASK_AGAIN_MS);
    }
  }

  /** Whether something waits to be written. */
  protected get isBusy(): boolean {
    return [...this.units.values()].some(({ isIdle }) => !isIdle);
  }

  /** The memory of a unit is void. */
  protected takeAgain(unit: number): void {
    this.gainUnit(unit);
  }

  /** Notes an attempt that is not this instance's to make. */
  protected judge({ host }: Ticket, attempt: string): void {
    if (this.world.owns(this.name, host.unit)) return;
    this.world.broken(`${this.name}, which was forgotten, began ${attempt}`);
  }

  protected take(ticket: Ticket, { value, timestamp }: ModelRecord): number {
    const { topic, host } = ticket;
    const read = { record: ticket, partition: host.unit, bytes: RECORD_BYTES };
    this.ticks.start();
    if (topic === Topics.slowDeliveries) {
      const restMs = this.deliver.takeFromSlowLane({
        ...read,
        ...(value as SlowRecord),
        writtenAt: timestamp,
      });
      this.ticks.start();
      return restMs;
    }
    const delivery = value as Delivery;
    if (topic === Topics.deliveries) this.deliver.takeFromMainLane({ ...read, delivery });
    else {
      const topicNumber = Number(topic.slice(retryTopic(0).length - 1));
      this.retry.take({ ...read, delivery, topicNumber, writtenAt: timestamp });
    }
    this.ticks.start();
    return 0;
  }

  private async post(
    ticket: Ticket,
    delivery: Delivery,
    body: string,
    onSent: () => void,
  ): Promise<PostedAttempt> {
    const startedAt = this.world.clock.now;
    ticket.host.began(ticket, attemptName(delivery));
    this.judge(ticket, attemptName(delivery));
    const answer = this.world.arrive(delivery, body, this.name);
    onSent();
    await this.life.pause(answer.afterMs);
    return postOutcomeOf(answer, startedAt, this.world.clock.now);
  }
}

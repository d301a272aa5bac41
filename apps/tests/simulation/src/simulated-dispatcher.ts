import { type Delivery, retryTopic, Topics } from '@skillora/contracts';
import {
  DeliverEngine,
  FanOutEngine,
  findEndpoint,
  type PostedAttempt,
  RetryEngine,
  SlowLane,
  TRANSACTION_LIMITS,
} from '@skillora/dispatcher/simulation-exports';

import { DeliverTicks } from './deliver-ticks.js';
import { EndpointView } from './endpoint-view.js';
import { eventOf, eventOrLook, FanOutPartition, PartitionLost } from './fan-out-partition.js';
import { Life } from './life.js';
import { ManualRounds } from './manual-rounds.js';
import type { ModelRecord } from './model-kafka.js';
import { ModelTransport } from './model-transport.js';
import type { OwnedPartition, OwnedRecord, Share } from './owned-partition.js';
import { soundParts } from './parts.js';
import { postOutcomeOf } from './post-outcome.js';
import { attemptName, RECORD_BYTES, type SlowRecord } from './records.js';
import { type Sabotage, sabotaged } from './sabotage.js';
import type { Surroundings } from './surroundings.js';

/** How long a dispatcher that leaves waits for its commits, ms. */
const LEAVING_MS = 20_000;

/**
 * One dispatcher: the engines of the real one, with a model of Kafka, of time and of customers' servers in
 * place of the adapters. It can die, freeze, leave, or find that another one has taken over its shares.
 */
export class SimulatedDispatcher {
  private readonly life: Life;
  private readonly transport: ModelTransport;
  private readonly endpoints: EndpointView;
  private readonly deliver: DeliverEngine<OwnedRecord>;
  private readonly retry: RetryEngine<OwnedRecord>;
  private readonly slowLane = new SlowLane();
  private readonly ticks: DeliverTicks;
  private readonly fanOut: FanOutEngine<ModelRecord, FanOutPartition>;
  /** The right that was taken over last, by partition of the events. */
  private readonly partitions = new Map<number, FanOutPartition>();

  constructor(
    readonly name: string,
    private readonly world: Surroundings,
    sabotage: Sabotage | null,
  ) {
    // How far its tables are behind their topics, ms.
    const lagMs = world.random.between(0, 200);
    this.life = new Life(world);
    this.endpoints = new EndpointView(world, this.life, lagMs);
    const { endpoints, slowLane } = this;
    const rounds = new ManualRounds(world, lagMs);
    const sound = soundParts(world, { endpoints, slowLane, rounds }, name);
    const parts = sabotaged(sabotage, sound, world, this.life);
    this.transport = new ModelTransport(world, this.life, parts, {
      opened: (owned) => {
        if (owned.group !== 'fan-out') return;
        this.partitions.set(
          owned.partition,
          new FanOutPartition(owned, parts, world, this.life, this.transport),
        );
      },
      fanOut: (owned, records) => this.takeEvents(owned, records),
      take: (owned, record) => this.take(owned, record),
      lost: (owned) => {
        // What was written from it to the other lane is counted again when it is read again.
        if (owned.group === 'deliver') parts.slowLane.lost(owned.partition);
      },
    });
    const { clock } = this.life;
    const isStale = ({ owned }: OwnedRecord): boolean => owned.isLost || !this.life.isAlive;
    const supersedes = (delivery: Delivery): boolean => parts.supersedes(delivery);
    const broken = (error: unknown): void => world.broken(String(error));
    this.fanOut = new FanOutEngine<ModelRecord, FanOutPartition>(
      {
        clock,
        endpoints: parts.endpoints,
        partitions: { of: (partition) => this.fanOutOf(partition), close: () => Promise.resolve() },
        largestCopied: world.largestCopied,
        eventOf: eventOrLook,
        write: (owned, _partition, transaction, proceed) => owned.write(transaction, proceed),
      },
      { ...TRANSACTION_LIMITS, deliveries: world.deliveriesInTransaction },
      parts.fanOutRules,
    );
    this.retry = new RetryEngine<OwnedRecord>(
      world.schedules.standard,
      parts.heldLimits,
      {
        clock,
        supersedes,
        isStale,
        ack: ({ owned, record }, forwarded) =>
          this.transport.done(owned, record.offset, forwarded ? parts.forward(forwarded) : []),
        giveUp: (_record, error) => broken(error),
        turned: () => undefined,
        failed: (_record, _delivery, error) => broken(error),
      },
      parts.retryRules,
    );
    this.deliver = new DeliverEngine<OwnedRecord>(
      parts.limits,
      world.schedules,
      {
        clock,
        endpoints: {
          get: (endpointId) => this.endpoints.get(endpointId),
          find: (endpointId, version) => findEndpoint(this.endpoints, endpointId, version),
          hostsOf: (endpointId) => [world.hostOf(endpointId)],
        },
        circuits: parts.circuits,
        slowLane: parts.slowLane,
        bodyOf: ({ body }) => (typeof body === 'string' ? body : this.read(() => parts.eventAt(body))),
        supersedes,
        isStale,
        aloneSince: (partition) => {
          const share = { group: 'deliver', topic: Topics.deliveries, partition } as const;
          return parts.aloneSince(partition, this.transport.opened(share)?.openedAt ?? null);
        },
        prepare:
          (read, delivery, _endpoint, { onSent }, body) =>
          () =>
            this.post(read, delivery, String(body), onSent),
        ack: ({ owned, record }, outcome) => {
          if (outcome.kind === 'to-slow-lane') world.tell(`slow lane ${attemptName(outcome.delivery)}`);
          this.transport.done(owned, record.offset, parts.writesOf(owned, outcome));
        },
        giveUp: (_record, error) => broken(error),
        shared: () => undefined,
        failed: (_record, _delivery, error) => broken(error),
      },
      parts.deliverRules,
    );
    this.ticks = new DeliverTicks(this.life, this.deliver);
  }

  get isRunning(): boolean {
    return this.life.isAlive;
  }

  /** For how many endpoints it believes that deliveries are in the slow lane. */
  get heldInSlowLane(): number {
    return this.slowLane.size;
  }

  /** Dies at once. */
  crash(): void {
    this.life.isAlive = false;
    this.loseAll();
  }

  /** Does nothing for `ms`. */
  freeze(ms: number): void {
    this.life.freeze(ms);
  }

  /** Ends after SIGTERM: begins nothing new, lets attempts in progress end for 20 s, commits. */
  async leave(): Promise<void> {
    this.life.isLeaving = true;
    this.retry.stop();
    const deadline = this.world.clock.now + LEAVING_MS;
    await this.deliver.drain();
    while (this.transport.isBusy && this.world.clock.now < deadline) await this.life.pause(50);
    this.crash();
  }

  /** The group assigns this share to the dispatcher. */
  gain(share: Share): Promise<void> {
    return this.transport.gain(share);
  }

  /** The group assigns these shares to others. */
  hearLost(shares: readonly Share[]): Promise<void> {
    return this.transport.hearLost(shares);
  }

  loseAll(): void {
    this.transport.loseAll();
  }

  /** Something was written to a topic. */
  written(topic: string, partition: number): void {
    this.transport.written(topic, partition);
  }

  private async takeEvents(owned: OwnedPartition, records: readonly ModelRecord[]): Promise<void> {
    try {
      await this.fanOut.take(owned.partition, records, () => owned.isLost);
    } catch (error) {
      if (!(error instanceof PartitionLost)) throw error;
    }
  }

  private fanOutOf(partition: number): Promise<FanOutPartition> {
    const opened = this.partitions.get(partition);
    return opened ? Promise.resolve(opened) : Promise.reject(new PartitionLost());
  }

  private take(owned: OwnedPartition, record: ModelRecord): number {
    const read = { owned, record };
    const { topic, partition } = owned;
    if (owned.group === 'retry') {
      const topicNumber = Number(topic.slice(retryTopic(0).length - 1));
      this.retry.take({
        record: read,
        delivery: record.value as Delivery,
        topicNumber,
        partition,
        writtenAt: record.timestamp,
        bytes: RECORD_BYTES,
      });
      return 0;
    }
    const rest = this.takeInLane({ record: read, partition, bytes: RECORD_BYTES }, record, topic);
    this.ticks.start();
    return rest;
  }

  private takeInLane(
    read: { record: OwnedRecord; partition: number; bytes: number },
    { value, timestamp }: ModelRecord,
    topic: string,
  ): number {
    if (topic === Topics.slowDeliveries) {
      const slow = value as SlowRecord;
      return this.deliver.takeFromSlowLane({ ...read, ...slow, writtenAt: timestamp });
    }
    this.deliver.takeFromMainLane({ ...read, delivery: value as Delivery });
    return 0;
  }

  /** Reads a body on the log of events. What is asked for later may come earlier. */
  private async read(eventAt: () => ModelRecord | undefined): Promise<string | null> {
    await this.life.pause(this.world.random.between(1, 50));
    await this.life.brokerThere();
    const record = eventAt();
    return record ? eventOf(record).body : null;
  }

  private async post(
    { owned, record }: OwnedRecord,
    delivery: Delivery,
    body: string,
    onSent: () => void,
  ): Promise<PostedAttempt> {
    const { clock } = this.world;
    const startedAt = clock.now;
    owned.begun.set(record.offset, attemptName(delivery));
    const answer = this.world.arrive(delivery, body, this.name);
    onSent();
    await this.life.pause(answer.afterMs);
    return postOutcomeOf(answer, startedAt, clock.now);
  }
}

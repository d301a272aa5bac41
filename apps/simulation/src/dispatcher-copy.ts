import {
  type Attempt,
  type CanonicalEvent,
  type Delivery,
  type DeliveryErrorCode,
  type EndpointState,
  type ManualRetry,
  retryTopic,
  Topics,
} from '@skillora/contracts';
import {
  type AttemptEnd,
  chooseInMainLane,
  chooseInSlowLane,
  Circuits,
  connectFailure,
  type ConnectFailure,
  type Decision,
  decideAfterAttempt,
  decideWithoutAttempt,
  delayTopicFor,
  deliveriesTo,
  type AttemptEffect,
  effectOf,
  EndpointQueues,
  type FanOutProgress,
  type QueuedWork,
  type GoneRound,
  goneRoundAfter,
  Ledger,
  ledgerEntry,
  longestProbeMs,
  matchEndpoints,
  nextPart,
  RETRY_RULES,
  RetryEngine,
  sharedFailure,
  SlowLane,
} from '@skillora/dispatcher/decision-core';
import { OffsetWindow } from '@skillora/kafka';

import { EndpointView } from './endpoint-view.js';
import { Fenced, type ModelRecord, type ModelWrite } from './model-kafka.js';
import type { Sabotage } from './sabotage.js';
import { attemptName, type LedgerRecord, type SlowRecord } from './records.js';
import type { Surroundings } from './surroundings.js';

export type Group = 'fan-out' | 'deliver' | 'retry';

/** A partition of a group's topic. */
export interface Share {
  readonly group: Group;
  readonly topic: string;
  readonly partition: number;
}

interface Owned extends Share {
  readonly transactionalId: string;
  epoch: number;
  window: OffsetWindow | null;
  ledger: Ledger;
  /** The progress of an event that is fanned out in parts. */
  progress: FanOutProgress | null;
  position: bigint;
  polling: boolean;
  flushing: boolean;
  lost: boolean;
  /** Reads nothing for a while. */
  resting: boolean;
  /** The new state of the share, if the same instance took it over again. */
  renewed: Owned | null;
  outcomes: { readonly offset: bigint; readonly writes: readonly ModelWrite[] }[];
  /** Attempts that have begun and whose end is not committed yet, by the offset of their records. */
  readonly begun: Map<bigint, string>;
}

interface OwnedRecord {
  readonly owned: Owned;
  readonly record: ModelRecord;
}

interface Work extends QueuedWork {
  readonly owned: Owned;
  readonly record: ModelRecord;
  readonly delivery: Delivery;
}

/** So much a fetch brings. */
const FETCH = 20;
/** Kafka's own limit on the metadata of a commit. */
const MAX_METADATA = 4_096;
const RECORD_BYTES = 1_000;
const PER_ENDPOINT = 4;
/** The maximum number of attempts of one organisation at one host, from one dispatcher. */
export const PER_HOST = 8;
const OVERALL = { crowded: 8, usual: 64 } as const;
const TICK_MS = 500;
const GATHER_MS: Readonly<Record<Group, number>> = { 'fan-out': 0, deliver: 100, retry: 25 };

/** The effect of an attempt that a sabotage makes the dispatcher ignore. */
const UNHEARD: Partial<Record<Sabotage, AttemptEffect>> = {
  'places-kept': 'unreachable',
  'no-trouble': 'timeout',
};

/** The outcome of a transaction is unknown: it may be committed or not. */
class OutcomeUnknown extends Error {}

const never = (): Promise<never> => new Promise<never>(() => undefined);

/**
 * One dispatcher: the deciding modules, with a model of Kafka, of time and of customers' servers in place of
 * the adapters. It can die, freeze, leave, or find that another one has taken over its shares.
 */
export class DispatcherCopy {
  private alive = true;
  private leaving = false;
  private frozenUntil = 0;
  private readonly endpoints = new EndpointView();
  private readonly rounds = new Map<string, number>();
  private readRounds = 0;
  private readonly shares = new Map<string, Owned>();
  private readonly queues: EndpointQueues<Work>;
  private readonly circuits: Circuits;
  private readonly slowLane = new SlowLane();
  /** How many deliveries were lately sent to the end of the slow lane, by partition. */
  private readonly goneRound = new Map<number, GoneRound>();
  /** The failure that was last taken over, for each endpoint. */
  private readonly failures = new Map<string, ConnectFailure>();
  private readonly retries: RetryEngine<OwnedRecord>;
  private ticking = false;
  /** How far its tables are behind, ms. */
  private readonly lagMs: number;

  constructor(
    readonly name: string,
    private readonly world: Surroundings,
  ) {
    this.lagMs = world.random.between(0, 200);
    this.circuits = new Circuits(longestProbeMs(world.schedule));
    this.retries = new RetryEngine<OwnedRecord>(
      world.schedule,
      {
        clock: {
          now: () => world.clock.now,
          after: (ms, act) => {
            let isCancelled = false;
            void this.pause(ms).then(() => isCancelled || act());
            return () => (isCancelled = true);
          },
        },
        supersedes: (delivery) => this.supersedes(delivery),
        isStale: ({ owned }) => owned.lost,
        ack: ({ owned, record }, forwarded) => {
          const writes = forwarded ? [this.deliveryTo(forwarded.topic, forwarded.delivery)] : [];
          this.done(owned, record.offset, writes);
        },
        giveUp: (_record, error) => world.broken(String(error)),
        turned: () => undefined,
        failed: (_record, _delivery, error) => world.broken(String(error)),
      },
      world.sabotage === 'retry-at-once'
        ? { turnAt: () => 0, takeTurn: () => ({ kind: 'attempt' }) }
        : RETRY_RULES,
    );
    const perEndpoint = world.sabotage === 'one-queue' ? PER_ENDPOINT * 2 : PER_ENDPOINT;
    this.queues = new EndpointQueues(
      {
        perEndpoint,
        perHost: world.sabotage === 'no-host-cap' ? Infinity : PER_HOST,
        overall: world.crowded ? OVERALL.crowded : OVERALL.usual,
      },
      {
        begin: (work: Work, isUrgent) => this.attempt(work, isUrgent),
        hostsOf: (endpointId) => [world.hostOf(endpointId)],
        clock: () => world.clock.now,
      },
    );
  }

  get running(): boolean {
    return this.alive;
  }

  /** For how many endpoints it believes that deliveries are in the slow lane. */
  get heldInSlowLane(): number {
    return this.slowLane.size;
  }

  /** Dies at once. */
  crash(): void {
    this.alive = false;
    for (const owned of this.shares.values()) this.giveUp(owned);
    this.shares.clear();
  }

  /** Does nothing for `ms`. */
  freeze(ms: number): void {
    this.frozenUntil = this.world.clock.now + ms;
  }

  /** Ends after SIGTERM: begins nothing new, lets attempts in progress end for 20 s, commits. */
  async leave(): Promise<void> {
    this.leaving = true;
    this.queues.stop();
    const deadline = this.world.clock.now + 20_000;
    const busy = (): boolean =>
      [...this.shares.values()].some(({ outcomes, flushing }) => flushing || outcomes.length > 0);
    while ((this.queues.underWay > 0 || busy()) && this.world.clock.now < deadline) await this.pause(50);
    this.crash();
  }

  /** The group assigns this share to the dispatcher. */
  async gain(share: Share): Promise<void> {
    const { kafka, random } = this.world;
    const owned: Owned = {
      ...share,
      transactionalId: `${share.group}/${share.topic}/${share.partition}`,
      epoch: 0,
      window: null,
      ledger: new Ledger(),
      progress: null,
      position: 0n,
      polling: false,
      flushing: false,
      lost: false,
      resting: false,
      renewed: null,
      outcomes: [],
      begun: new Map(),
    };
    const former = this.shares.get(owned.transactionalId);
    if (former) this.giveUp(former);
    this.shares.set(owned.transactionalId, owned);
    await this.pause(random.between(1, 50));
    await this.brokerThere();
    if (owned.lost) return;
    owned.epoch = kafka.open(owned.transactionalId);
    const commit = kafka.committed(share.group, share.topic, share.partition);
    owned.window = new OffsetWindow(commit);
    owned.position = commit.offset;
    for (const { value } of kafka.log(Topics.fanOutLedger, share.partition)) {
      if (share.group !== 'fan-out') break;
      const { entries, progress } = value as LedgerRecord;
      for (const entry of entries) owned.ledger.add(entry);
      if (this.world.sabotage !== 'parts-forgotten') owned.progress = progress;
    }
    this.wake(owned);
  }

  /**
   * The group assigns these shares to others. The dispatcher learns of it after 60 ms at most, or when it is
   * no longer frozen.
   */
  async hearLost(shares: readonly Share[]): Promise<void> {
    const known = shares.map(
      ({ group, topic, partition }) => this.shares.get(`${group}/${topic}/${partition}`) ?? null,
    );
    await this.pause(this.world.random.between(0, 60));
    // Even if the dispatcher has taken the share over again meanwhile, another one owns it now; shares that
    // came back by assignment are not among these.
    for (let owned of known) for (; owned; owned = owned.renewed) this.lose(owned);
  }

  loseAll(): void {
    for (const owned of [...this.shares.values()]) this.lose(owned);
  }

  /** Something was written to a topic. */
  written(topic: string, partition: number): void {
    for (const owned of this.shares.values()) {
      if (owned.topic === topic && owned.partition === partition) this.wake(owned);
    }
  }

  private lose(owned: Owned): void {
    this.giveUp(owned);
    if (this.shares.get(owned.transactionalId) === owned) this.shares.delete(owned.transactionalId);
  }

  private giveUp(owned: Owned): void {
    if (owned.lost) return;
    owned.lost = true;
    // What was written from it to the other lane is counted again when it is read again.
    if (owned.group === 'deliver' && this.world.sabotage !== 'held-for-ever')
      this.slowLane.lost(owned.partition);
    for (const attempt of owned.begun.values()) this.world.atRisk(attempt);
    owned.begun.clear();
  }

  private async pause(ms: number): Promise<void> {
    let left = ms;
    do {
      await this.world.clock.sleep(left);
      if (!this.alive) await never();
      left = this.frozenUntil - this.world.clock.now;
    } while (left > 0);
  }

  private async brokerThere(): Promise<void> {
    for (let wait = this.world.brokerAwayMs(); wait > 0; wait = this.world.brokerAwayMs()) {
      await this.pause(wait + this.world.random.between(1, 500));
    }
  }

  private wake(owned: Owned): void {
    if (owned.polling || owned.lost || owned.resting || !owned.window || this.leaving) return;
    owned.polling = true;
    void this.poll(owned);
  }

  private async poll(owned: Owned): Promise<void> {
    const { kafka, random, sabotage } = this.world;
    for (;;) {
      await this.pause(random.between(1, 5));
      await this.brokerThere();
      const { window } = owned;
      if (owned.lost || !window || this.leaving) break;
      const full = window.inFlight >= this.world.maxInFlight || !window.fits();
      if (full && owned.group !== 'fan-out' && sabotage !== 'no-pause') break;
      const records = kafka.read(owned.topic, owned.partition, owned.position, FETCH);
      if (records.length === 0) break;
      if (owned.group === 'fan-out') {
        await this.fanOut(owned, records.slice(0, random.between(1, 5)));
      } else {
        const open = records.filter(({ offset }) => window.take(offset, RECORD_BYTES));
        owned.position = (records.at(-1)?.offset ?? owned.position) + 1n;
        if (sabotage === 'newest-first') open.reverse();
        for (const record of open) {
          const restMs = this.take(owned, record);
          if (restMs === 0) continue;
          window.giveBack(open.map(({ offset }) => offset).filter((offset) => offset >= record.offset));
          owned.position = record.offset;
          this.rest(owned, restMs);
          break;
        }
        if (owned.resting) break;
        if (window.inFlight > this.world.maxInFlight + FETCH)
          this.world.broken(`${window.inFlight} deliveries of one partition in memory`);
      }
    }
    owned.polling = false;
  }

  private async fanOut(owned: Owned, records: readonly ModelRecord[]): Promise<void> {
    const { world } = this;
    const { kafka, random, clock, sabotage } = world;
    if (sabotage === 'no-catch-up')
      this.endpoints.read(kafka.log(Topics.endpoints, 0), clock.now - this.lagMs);
    else await this.caughtUp();
    const entries: string[] = [];
    const writes: ModelWrite[] = [];
    let next = owned.position;
    let progress: FanOutProgress | null = null;
    for (const { offset, value } of records) {
      const event = value as CanonicalEvent;
      const entry = ledgerEntry(event);
      const isKnown = entries.includes(entry) || owned.ledger.has(entry);
      if (!isKnown || sabotage === 'no-ledger') {
        const begun = owned.progress?.offset === offset ? owned.progress : null;
        const matched = matchEndpoints(event, this.endpoints);
        const room = world.deliveriesInTransaction - writes.length;
        const part = nextPart(matched, begun?.lastEndpointId ?? null, room);
        if (!part.isLast && next !== owned.position) break;
        for (const delivery of deliveriesTo(event, part.endpoints, new Date(clock.now))) {
          writes.push({
            topic: Topics.deliveries,
            partition: world.shareOf(delivery.endpointId),
            value: delivery,
          });
        }
        const last = part.endpoints.at(-1);
        if (!part.isLast && last && sabotage !== 'first-part-only') {
          progress = { offset, parts: (begun?.parts ?? 0) + 1, lastEndpointId: last.id };
          break;
        }
        entries.push(entry);
      }
      next = offset + 1n;
    }
    if (entries.length > 0 || progress) {
      const ledgerRecord: LedgerRecord = { entries, progress };
      writes.push({ topic: Topics.fanOutLedger, partition: owned.partition, value: ledgerRecord });
    }
    await this.pause(random.between(2, 20));
    await this.brokerThere();
    if (owned.lost) return;
    const committed = await this.transact(owned, writes, { offset: next, metadata: '' });
    if (!committed) return;
    for (const entry of entries) owned.ledger.add(entry);
    owned.progress = progress;
    owned.position = next;
  }

  /** @returns how long the partition pauses at this record, ms; 0 when the record was taken. */
  private take(owned: Owned, record: ModelRecord): number {
    if (owned.group === 'retry') {
      const delivery = record.value as Delivery;
      const delayTopic = Number(owned.topic.slice(retryTopic(0).length - 1));
      this.retries.take({ owned, record }, delivery, delayTopic, record.timestamp);
      return 0;
    }
    if (owned.topic === Topics.slowDeliveries)
      return this.takeSlow(owned, record, record.value as SlowRecord);
    const work = this.workOf(owned, record, record.value as Delivery);
    const slowLane = this.world.sabotage === 'overtaking' ? { holds: () => false } : this.slowLane;
    const choice = chooseInMainLane({ ...work, partition: owned.partition }, this.queues, slowLane);
    if (choice.kind === 'take') this.push(work);
    else this.sendToSlowLane(work);
    return 0;
  }

  private takeSlow(
    owned: Owned,
    record: ModelRecord,
    { delivery, goesRoundSince, mark }: SlowRecord,
  ): number {
    const work = this.workOf(owned, record, delivery);
    const { endpointId } = work;
    const { partition } = owned;
    const { clock, sabotage } = this.world;
    const { queues } = this;
    const room =
      sabotage === 'waits-for-all' ? { hasRoom: queues.hasRoom.bind(queues), isPrompt: () => true } : queues;
    const slowLane = sabotage === 'nobody-served' ? { mayServe: () => false } : this.slowLane;
    const inLane = { partition, endpointId, mark, writtenAt: record.timestamp, goesRoundSince };
    const choice = chooseInSlowLane(inLane, room, slowLane, this.goneRound.get(partition), clock.now);
    if (choice.kind === 'put-off') return choice.ms;
    this.slowLane.comes(partition, endpointId, mark);
    if (choice.kind === 'take') this.push(work);
    else this.sendToSlowLane(work);
    return 0;
  }

  private rest(owned: Owned, ms: number): void {
    owned.resting = true;
    void this.pause(ms).then(() => {
      owned.resting = false;
      this.wake(owned);
    });
  }

  private workOf(owned: Owned, record: ModelRecord, delivery: Delivery): Work {
    const endpointId = this.world.sabotage === 'one-queue' ? 'all' : delivery.endpointId;
    const { organizationId } = delivery;
    const urgent = owned.topic !== Topics.slowDeliveries && delivery.trigger === 'manual';
    return { endpointId, organizationId, bytes: RECORD_BYTES, urgent, owned, record, delivery };
  }

  private push(work: Work): void {
    this.queues.push(work);
    if (this.ticking) return;
    this.ticking = true;
    void this.tick();
  }

  /** Lets time pass for the queues while they hold work. */
  private async tick(): Promise<void> {
    while (this.queues.underWay > 0 || this.queues.waiting > 0) {
      await this.pause(TICK_MS);
      for (const work of this.queues.tick()) this.sendToSlowLane(work);
    }
    this.ticking = false;
  }

  private sendToSlowLane({ endpointId, owned, record, delivery }: Work): void {
    if (owned.lost) return;
    const { now } = this.world.clock;
    const again = owned.topic === Topics.slowDeliveries;
    if (again) this.goneRound.set(owned.partition, goneRoundAfter(this.goneRound.get(owned.partition), now));
    const mark = this.slowLane.goes(owned.partition, endpointId);
    const value: SlowRecord = { delivery, goesRoundSince: again ? now : null, mark };
    this.world.tell(`slow lane ${attemptName(delivery)}`);
    const forgets = this.world.sabotage === 'slow-lane-forgets';
    this.done(
      owned,
      record.offset,
      forgets ? [] : [{ topic: Topics.slowDeliveries, partition: owned.partition, value }],
    );
  }

  /** Like the deliver stage. */
  private async attempt({ owned, record, delivery }: Work, isUrgent: boolean): Promise<AttemptEffect> {
    if (owned.lost || !this.alive) return 'none';
    if (this.supersedes(delivery)) {
      this.done(owned, record.offset, []);
      return 'none';
    }
    const { decision, effect } = await this.decide(owned, record, delivery, isUrgent);
    this.done(owned, record.offset, this.report(decision));
    return effect;
  }

  private async decide(
    owned: Owned,
    record: ModelRecord,
    delivery: Delivery,
    isUrgent: boolean,
  ): Promise<{ decision: Decision; effect: AttemptEffect }> {
    const { world } = this;
    const { clock, schedule, sabotage } = world;
    const { endpointId } = delivery;
    this.endpoints.read(world.kafka.log(Topics.endpoints, 0), clock.now - this.lagMs);
    let endpoint = this.endpoints.get(endpointId);
    if (!endpoint?.isActive || endpoint.version < (delivery.endpointVersion ?? 0)) {
      await this.caughtUp();
      endpoint = this.endpoints.get(endpointId);
    }
    const without = (decision: Decision) => ({ decision, effect: 'none' as const });
    const at = new Date(clock.now);
    if (!endpoint) return without(decideWithoutAttempt(delivery, 'endpoint_deleted', at));
    if (!endpoint.isActive) return without(decideWithoutAttempt(delivery, 'endpoint_inactive', at));
    if (owned.lost) await never();
    const failure = isUrgent ? null : this.foundLately(endpoint);
    if (failure) {
      const attempt = { ...sharedFailure(failure), startedAt: at.toISOString() };
      const end = { attempt, gone: false, retryAfterMs: null };
      return without(decideAfterAttempt(delivery, end, false, schedule, at));
    }
    owned.begun.set(record.offset, attemptName(delivery));
    const { refused, ...end } = await this.post(delivery);
    const found = connectFailure(end.attempt, !refused, new Date(clock.now));
    if (found || sabotage !== 'deaf-circuit') this.circuits.afterAttempt(endpoint, found, clock.now);
    let effect = effectOf(end.attempt.error, found !== null);
    if (sabotage && effect === UNHEARD[sabotage]) effect = 'none';
    if (sabotage === 'rosy-results') end.attempt = { ...end.attempt, error: null };
    const deleted = this.endpoints.get(endpointId) === undefined;
    const shortened = sabotage === 'no-retry' ? [] : schedule;
    const decision = decideAfterAttempt(delivery, end, deleted, shortened, new Date(clock.now));
    return { decision, effect };
  }

  /** Like the deliver stage's use of circuits: the failure of another delivery, if this one takes it over. */
  private foundLately(endpoint: EndpointState): ConnectFailure | null {
    const { clock, sabotage } = this.world;
    if (sabotage === 'no-breaker') return null;
    const passage = this.circuits.passage(endpoint, clock.now);
    if (passage.kind === 'share') this.failures.set(endpoint.id, passage.failure);
    const known = this.failures.get(endpoint.id);
    if (sabotage === 'no-probes' && known) return known;
    return passage.kind === 'share' ? passage.failure : null;
  }

  private async post(
    delivery: Delivery,
  ): Promise<{ -readonly [K in keyof AttemptEnd]: AttemptEnd[K] } & { refused: boolean }> {
    const { world } = this;
    const startedAt = world.clock.now;
    const answer = world.arrive(delivery, this.name);
    await this.pause(answer.afterMs);
    const attempt: Attempt = {
      startedAt: new Date(startedAt).toISOString(),
      durationMs: world.clock.now - startedAt,
      responseStatus: answer.status,
      responseBody: null,
      error: answer.refused ? 'connection_refused' : errorOf(answer.status),
      errorDetail: null,
    };
    const refused = answer.refused === true;
    return { attempt, gone: answer.status === 410, retryAfterMs: answer.retryAfterMs, refused };
  }

  private report({ result, next }: Decision): ModelWrite[] {
    const { world } = this;
    const writes: ModelWrite[] = [];
    if (next) {
      const remaining = Date.parse(next.dueAt) - Date.parse(result.at);
      writes.push(this.deliveryTo(retryTopic(delayTopicFor(world.schedule, remaining) ?? 1), next));
    }
    writes.push({
      topic: Topics.deliveryResults,
      partition: world.shareOf(result.deliveryId),
      value: result,
    });
    return writes;
  }

  /** A record is processed once its outcome is written, in the transaction that commits it. */
  private done(owned: Owned, offset: bigint, writes: readonly ModelWrite[]): void {
    if (owned.lost) return;
    owned.outcomes.push({ offset, writes });
    if (owned.flushing) return;
    owned.flushing = true;
    void this.flush(owned);
  }

  private async flush(owned: Owned): Promise<void> {
    const { random, sabotage } = this.world;
    while (owned.outcomes.length > 0) {
      await this.pause(random.between(1, GATHER_MS[owned.group] + 10));
      await this.brokerThere();
      const { window } = owned;
      if (owned.lost || !window) return;
      const taken = owned.outcomes.splice(0);
      for (const { offset } of taken) window.done(offset);
      const { offset, metadata } = window.commit();
      if (metadata.length > MAX_METADATA) this.world.broken(`${metadata.length} bytes of commit metadata`);
      const commit = { offset, metadata: sabotage === 'no-metadata' ? '' : metadata };
      const writes = taken.flatMap((outcome) => outcome.writes);
      if (!(await this.transact(owned, writes, commit))) return;
      for (const each of taken) owned.begun.delete(each.offset);
      this.wake(owned);
    }
    owned.flushing = false;
  }

  /** @returns false when the share must be taken over again, or belongs to another dispatcher. */
  private async transact(
    owned: Owned,
    writes: readonly ModelWrite[],
    commit: { readonly offset: bigint; readonly metadata: string },
  ): Promise<boolean> {
    const { kafka, random, unknownOutcomes, sabotage } = this.world;
    const { group, topic, partition, transactionalId } = owned;
    const where = { group, topic, partition, commit };
    try {
      const epoch = sabotage === 'no-fencing' ? kafka.newestEpoch(transactionalId) : owned.epoch;
      if (sabotage === 'results-apart') {
        kafka.write(writes);
        await this.pause(random.between(1, 250));
        if (owned.lost) return false;
        kafka.transact({ transactionalId, epoch }, [], where);
      } else if (sabotage === 'commit-first') {
        kafka.transact({ transactionalId, epoch }, [], where);
        await this.pause(random.between(1, 250));
        kafka.write(writes);
      } else {
        kafka.transact({ transactionalId, epoch }, writes, where);
      }
      if (random.chance(unknownOutcomes)) throw new OutcomeUnknown();
      await this.pause(random.between(1, 5));
      return true;
    } catch (error) {
      if (!(error instanceof Fenced) && !(error instanceof OutcomeUnknown)) throw error;
      if (owned.lost) return false;
      // As far as this dispatcher knows, the share is still its own. An instance that has lost it without
      // learning of it may have opened it last.
      this.lose(owned);
      void this.gain({ group, topic, partition });
      owned.renewed = this.shares.get(transactionalId) ?? null;
      return false;
    }
  }

  private async caughtUp(): Promise<void> {
    const { kafka, clock, random } = this.world;
    const asked = clock.now;
    await this.pause(random.between(1, 10));
    await this.brokerThere();
    this.endpoints.read(kafka.log(Topics.endpoints, 0), Math.max(asked, clock.now - this.lagMs));
  }

  private deliveryTo(topic: string, delivery: Delivery): ModelWrite {
    return { topic, partition: this.world.shareOf(delivery.endpointId), value: delivery };
  }

  private supersedes({ deliveryId, round }: Delivery): boolean {
    const { kafka, clock, sabotage } = this.world;
    const log = kafka.log(Topics.manualRetries, 0);
    const until = clock.now - this.lagMs;
    for (
      let record = log[this.readRounds];
      record && record.timestamp <= until;
      record = log[this.readRounds]
    ) {
      const marker = record.value as ManualRetry;
      this.rounds.set(marker.deliveryId, Math.max(marker.round, this.rounds.get(marker.deliveryId) ?? 0));
      this.readRounds += 1;
    }
    return sabotage !== 'no-superseding' && (this.rounds.get(deliveryId) ?? 0) > round;
  }
}

function errorOf(status: number | null): DeliveryErrorCode | null {
  if (status === null) return 'timeout';
  return status >= 200 && status < 300 ? null : 'http_status';
}

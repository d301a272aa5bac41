import { type Delivery, type DeliveryResult, namedBytes, retryTopic } from '@skillora/contracts';
import { isRecordFault } from '@skillora/kafka';

import { type Requeues, requeuesAfter } from '../lanes/lane-choice.js';
import type { LaneName } from '../lanes/lane-room.js';
import { LaneRooms } from '../lanes/lane-rooms.js';
import type { Place } from '../lanes/slow-lane.js';
import type { AttemptEffect } from '../queues/concurrency-limit.js';
import { EndpointQueues } from '../queues/endpoint-queues.js';
import type { Turn } from '../queues/queue-surroundings.js';
import { retryTopicFor, type RetrySchedules, shortestRetryTopic } from '../retry/schedule.js';
import { AttemptRunner, type Conclusion } from './attempt-runner.js';
import {
  DELIVER_RULES,
  type DeliverLimits,
  type DeliverPorts,
  type DeliverRules,
  type ReadDelivery,
  type ReadSlowDelivery,
} from './deliver-ports.js';
import { DeliveryPacing } from './delivery-pacing.js';
import { type DeliveryWork, isAskedFor } from './delivery-work.js';
import { LeavingWork } from './leaving-work.js';

/** The wait after a failure of our own before the same delivery is tried again. */
const REPEAT_AFTER_MS = 1_000;
/** After this many failures of our own in a row, the delivery gets a failed attempt. */
const MAX_FAILURES = 10;
/** Leaves the rest of the 30 s after SIGTERM for the commits. */
const DRAIN_LIMIT_MS = 20_000;
const DRAIN_POLL_MS = 20;

/**
 * Takes deliveries from the two lanes, queues them per endpoint, attempts each when its turn comes, and
 * reports its result. Its host calls `tick` a few times a second. It knows no Kafka, HTTP or system clock:
 * see {@link DeliverPorts}.
 */
export class DeliverEngine<R> {
  readonly queues: EndpointQueues<DeliveryWork<R>>;
  private readonly rooms: LaneRooms;
  private readonly pacing: DeliveryPacing<R>;
  private readonly leaving: LeavingWork<R>;
  private readonly attempts: AttemptRunner<R>;
  /** How many deliveries were lately moved to the end of the slow lane, by partition. */
  private readonly requeues = new Map<number, Requeues>();
  /** What has begun, in order. */
  private readonly begun = new Set<DeliveryWork<R>>();
  /** The records that {@link handOver} has moved: nothing else is said of them. */
  private readonly movedOn = new Set<R>();
  private movesOn: (record: R) => boolean = () => false;

  constructor(
    limits: DeliverLimits,
    private readonly schedules: RetrySchedules,
    private readonly ports: DeliverPorts<R>,
    private readonly rules: DeliverRules = DELIVER_RULES,
  ) {
    this.pacing = new DeliveryPacing(ports, rules);
    this.queues = new EndpointQueues(limits, {
      begin: (work, turn) => this.attempt(work, turn),
      hostsOf: (endpointId) => ports.endpoints.hostsOf(endpointId),
      pacing: this.pacing,
      clock: () => ports.clock.monotonic(),
      after: (ms, act) => void ports.clock.after(ms, act),
    });
    this.rooms = new LaneRooms(limits.window, this.queues, rules, () => ports.clock.monotonic());
    const isStale = (record: R): boolean => this.isStale(record);
    this.leaving = new LeavingWork(
      { ...ports, isStale },
      {
        isHeld: ({ delivery }) => this.pacing.isHeld(delivery),
        surplus: () => this.surplus(),
        giveBack: (works) => this.giveBack(works),
      },
    );
    this.attempts = new AttemptRunner({ ...ports, isStale }, schedules, rules, this.leaving);
  }

  /** Takes a delivery of the main lane: into its queue, or to the slow lane. */
  takeFromMainLane(read: ReadDelivery<R>): void {
    const work = this.workOf(read, 'main');
    if (this.movesOn(read.record)) {
      this.sendToSlowLane(work, this.ports.slowLane.enqueued(work.partition, work));
      return;
    }
    const choice = this.rules.chooseInMainLane(work, this.rooms.whenRead(work), this.ports.slowLane);
    if (choice.kind === 'take') this.queue(work);
    else this.sendToSlowLane(work, this.ports.slowLane.enqueued(work.partition, work));
  }

  /**
   * Takes a delivery of the slow lane: into its queue, or to the end of the lane.
   * @returns 0 when it was taken; else how long the partition must pause at this record, ms.
   */
  takeFromSlowLane(read: ReadSlowDelivery<R>): number {
    const work = this.workOf(read, 'slow');
    const { partition, endpointId, organizationId, background } = work;
    const { slowLane, clock } = this.ports;
    const { place, writtenAt, requeuedAt } = read;
    const to = { endpointId, organizationId, background };
    const inLane = { ...to, partition, place, writtenAt, requeuedAt };
    const requeues = this.requeues.get(partition);
    const now = clock.now();
    slowLane.saw(partition, to, place, requeuedAt, now);
    if (this.pacing.isHeld(work.delivery)) slowLane.keepOrder(partition, to, true);
    const choice = this.rules.chooseInSlowLane(inLane, this.rooms.whenRead(work), slowLane, requeues, now);
    if (choice.kind === 'pause') return choice.ms;
    if (choice.kind === 'take') {
      slowLane.dequeued(partition, to, place);
      this.queue(work);
    } else this.sendToSlowLane(work, slowLane.requeued(partition, to, place));
    return 0;
  }

  /** Lets time pass: the backlog of endpoints that do not keep up moves to the slow lane. */
  tick(): void {
    this.leaving.tick();
    this.ports.circuits.forgetUnused(this.ports.clock.now());
  }

  /**
   * Begins no further attempts and lets those in progress end, for 20 s at most. Deliveries that wait in
   * memory are still in Kafka for the next owner.
   * @returns how many attempts are still in progress.
   */
  async drain(): Promise<number> {
    const { clock } = this.ports;
    this.queues.stop();
    const deadline = clock.now() + DRAIN_LIMIT_MS;
    while (this.queues.underWay > 0 && clock.now() < deadline) {
      await new Promise<void>((resolve) => clock.after(DRAIN_POLL_MS, resolve));
    }
    return this.queues.underWay;
  }

  /**
   * Moves deliveries to the slow lane, where the next owner finds them whatever its release: those that wait, those whose
   * attempts did not end in time, and those that are still taken. Call it after {@link drain}.
   * @param isMoved whether the delivery of a record moves.
   */
  handOver(isMoved: (record: R) => boolean): void {
    this.movesOn = isMoved;
    const begun = [...this.begun].filter(({ record }) => isMoved(record));
    const waiting = this.queues.takeOut(({ record }) => isMoved(record));
    for (const work of waiting) this.rooms.leave(work);
    const works = [...begun, ...waiting];
    for (const ofEndpoint of Map.groupBy(works, ({ endpointId }) => endpointId).values())
      this.giveBack(ofEndpoint);
    for (const { record } of works) this.movedOn.add(record);
  }

  private isStale(record: R): boolean {
    return this.movedOn.has(record) || this.ports.isStale(record);
  }

  private workOf(
    { record, partition, delivery, bytes, body }: ReadDelivery<R>,
    lane: LaneName,
  ): DeliveryWork<R> {
    const { organizationId } = delivery;
    const endpointId = this.rules.queueOf(delivery);
    // A delivery that was moved to the slow lane waits there like all others.
    const urgent = lane === 'main' && isAskedFor(delivery) && !this.pacing.isHeld(delivery);
    const background = delivery.recoveryId !== undefined;
    const queued = { endpointId, organizationId, urgent, background, bytes };
    return { ...queued, record, partition, delivery, body, lane, failures: 0 };
  }

  private queue(work: DeliveryWork<R>): void {
    this.rooms.take(work);
    this.queues.push(work);
  }

  private surplus(): DeliveryWork<R>[] {
    const surplus = this.queues.tick();
    for (const work of surplus) this.rooms.leave(work);
    return surplus;
  }

  /** Moves work from memory to the slow lane. @param works those of one endpoint in their order. */
  private giveBack(works: readonly DeliveryWork<R>[]): void {
    const ours = works.filter(({ record }) => !this.isStale(record));
    for (const [work, place] of this.ports.slowLane.gaveBack(ours)) {
      // What waited for a hold to end is sent in order, unless its endpoint then does not keep up.
      this.ports.slowLane.keepOrder(work.partition, work, this.pacing.isHeld(work.delivery));
      this.sendToSlowLane(work, place);
    }
  }

  private sendToSlowLane(work: DeliveryWork<R>, place: Place): void {
    const { record, partition, delivery, lane, bytes } = work;
    const { ports } = this;
    const again = lane === 'slow';
    const now = ports.clock.now();
    const written = bytes - namedBytes(delivery);
    if (again) this.requeues.set(partition, requeuesAfter(this.requeues.get(partition), written, now));
    ports.ack(record, { kind: 'to-slow-lane', from: lane, delivery, place, requeuedAt: again ? now : null });
  }

  /**
   * Resolves when the attempt has ended and its endpoint may start another one. The result is written while
   * that one is running.
   */
  private async attempt(work: DeliveryWork<R>, turn: Turn): Promise<AttemptEffect> {
    const { ports } = this;
    this.begun.add(work);
    try {
      const effect = await this.takeTurn(work, turn);
      this.rooms.leave(work);
      return effect;
    } catch (error) {
      const { record, delivery } = work;
      // No behaviour of a receiver throws here, so the fault is in our code. The delivery must not be lost:
      // try again.
      ports.failed(record, delivery, error);
      if (isRecordFault(error)) work.failures += 1;
      if (work.failures > MAX_FAILURES) {
        this.rooms.leave(work);
        ports.giveUp(record, error);
      } else ports.clock.after(REPEAT_AFTER_MS, () => this.queues.push(work));
      return 'none';
    } finally {
      this.begun.delete(work);
    }
  }

  private async takeTurn(work: DeliveryWork<R>, turn: Turn): Promise<AttemptEffect> {
    const { record, delivery } = work;
    const { ports } = this;
    if (this.isStale(record)) return 'none';
    if (ports.supersedes(delivery)) {
      ports.ack(record, { kind: 'superseded' });
      return 'none';
    }
    const conclusion =
      work.failures < MAX_FAILURES ? await this.attempts.run(work, turn) : this.attempts.notMade(delivery);
    if (conclusion === null || this.movedOn.has(record)) return 'none';
    this.report(work, conclusion);
    return conclusion.effect;
  }

  /** Completes the record with the result, and with the next attempt if there is one. */
  private report(
    { record, delivery, lane }: DeliveryWork<R>,
    { decision: { result, next }, posted }: Conclusion,
  ): void {
    this.ports.ack(record, {
      kind: 'ended',
      from: lane,
      delivery,
      result,
      next: next && { topic: this.waitsIn(next, result), delivery: next },
      posted,
    });
  }

  /** The retry topic in which the next attempt waits first. */
  private waitsIn({ dueAt }: Delivery, { at }: DeliveryResult): string {
    const { standard: delays } = this.schedules;
    const waitMs = Date.parse(dueAt) - Date.parse(at);
    return retryTopic(retryTopicFor(delays, waitMs) ?? shortestRetryTopic(delays));
  }
}

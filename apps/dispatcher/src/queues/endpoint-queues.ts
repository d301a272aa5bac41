import { type Backlog, waitingIn } from './backlog.js';
import type { AttemptEffect } from './concurrency-limit.js';
import { type Attempt, EndpointQueue, type QueuedWork, SLOW_AFTER_MS } from './endpoint-queue.js';
import { HostLimits } from './host-limits.js';
import { longestOf, type QueueLength } from './longest-queues.js';
import { OverallLimit } from './overall-limit.js';
import { PaceGates } from './pace-gates.js';
import type { QueueLimits, QueueSurroundings } from './queue-surroundings.js';
import { Turns } from './turns.js';

/** An endpoint without work for this long is forgotten, with its concurrency limit. */
const FORGOTTEN_AFTER_MS = 5 * 60_000;
/**
 * How many deliveries may wait in memory for all endpoints that hang together. Each of them keeps at least
 * one.
 */
const WAITING_FOR_HANGING = 1_000;

/**
 * The queues of all endpoints. Work of one endpoint begins in order. Organisations take turns, and so do the
 * endpoints of each organisation, so that none delays another. How many attempts an endpoint may run at once
 * depends on its answers (see {@link ConcurrencyLimit}); at one host each organisation has a limit. Attempts older than a
 * second no longer count in the overall limit; the endpoints that have them share a limit of the same size.
 * This class has no timers: call `tick` a few times a second.
 */
export class EndpointQueues<T extends QueuedWork> {
  private readonly queues = new Map<string, EndpointQueue<T>>();
  /** The endpoints that have waiting work and may start an attempt. */
  private readonly turns = new Turns<EndpointQueue<T>>();
  private readonly overall: OverallLimit<T>;
  private readonly hosts: HostLimits<EndpointQueue<T>>;
  private readonly gates: PaceGates<T>;
  private queued = 0;
  /** How many endpoints hung at the last tick. */
  private hanging = 0;
  private stopped = false;
  private held = false;

  constructor(
    private readonly limits: QueueLimits,
    private readonly surroundings: QueueSurroundings<T>,
  ) {
    this.overall = new OverallLimit(limits.overall);
    this.hosts = new HostLimits(limits.perHost);
    this.gates = new PaceGates(surroundings.pacing, surroundings, (endpointId) => {
      const queue = this.queues.get(endpointId);
      if (queue && this.enter(queue)) this.beginNext();
    });
  }

  /** How many pieces of work are in progress. */
  get underWay(): number {
    return this.overall.youngUnderWay + this.overall.slowUnderWay;
  }

  /** How many pieces of work in progress began more than a second ago. */
  get slowUnderWay(): number {
    return this.overall.slowUnderWay;
  }

  /** How many pieces of work wait. */
  get waiting(): number {
    return this.queued;
  }

  /** How far the queues are behind because of the limit of all endpoints together. Costs a look at each queue that waits. */
  get backlog(): Backlog {
    const begunLately = this.overall.begunLately(this.surroundings.clock());
    return { ...waitingIn(this.turns), begunLately, atOnce: this.limits.overall };
  }

  /**
   * False when the endpoint has as much waiting work as it can be expected to take soon; the rest belongs in
   * the slow lane. Work in the background makes way, so it counts only for more of its kind.
   */
  hasRoom(endpointId: string, isBackground = false): boolean {
    const most = this.gates.mostWaiting(endpointId);
    return this.queues.get(endpointId)?.hasRoom(this.shareOfHanging, most, isBackground) ?? most > 0;
  }

  /** True when the endpoint has no rate limit, or less waiting than that lets go in a moment. */
  runsLow(endpointId: string, isBackground = false): boolean {
    const waiting = this.queues.get(endpointId)?.waitingBefore(isBackground) ?? 0;
    return waiting < this.gates.leastWaiting(endpointId);
  }

  /** True when work may begin before older work of its endpoint. Behind a rate limit, order is promised. */
  mayOvertake(endpointId: string, isBackground = false): boolean {
    if (this.gates.isLimited(endpointId)) return false;
    // Work in the background makes way, unless the endpoint has nothing else to do.
    return !isBackground || !this.hasWaiting(endpointId);
  }

  /** True when work for the endpoint waits here. */
  hasWaiting(endpointId: string): boolean {
    return (this.queues.get(endpointId)?.waiting ?? 0) > 0;
  }

  /**
   * False when the endpoint has as many urgent pieces of work as may go first; another one waits like all
   * other work.
   */
  hasUrgentRoom(endpointId: string): boolean {
    return this.queues.get(endpointId)?.hasUrgentRoom ?? true;
  }

  /**
   * True when the endpoint's answers suggest that it processes at least `perSecond` waiting pieces of work a
   * second. Work in the background goes on only while no other work waits, with half of the attempts.
   */
  isPrompt(endpointId: string, perSecond: number, isBackground = false): boolean {
    const isPrompt = this.queues.get(endpointId)?.isPrompt(perSecond, isBackground) ?? true;
    return isPrompt && this.gates.allows(endpointId, perSecond);
  }

  /**
   * True when work for the endpoint can be expected to leave the memory soon: it answers within a second and
   * is not behind, and its rate limit lets what waits before the work go within a second. The first piece of
   * work of an endpoint that is not known yet counts as such.
   */
  keepsUp(endpointId: string, isBackground = false): boolean {
    const queue = this.queues.get(endpointId);
    if (queue === undefined) return true;
    return queue.keepsUp && this.gates.allows(endpointId, queue.waitingBefore(isBackground) + 1);
  }

  /** The endpoints with the longest queues, and the lengths: at most `count`, longest first. */
  longest(count: number): QueueLength[] {
    return longestOf(this.queues.values(), count);
  }

  push(work: T): void {
    const { endpointId, organizationId } = work;
    let queue = this.queues.get(endpointId);
    if (!queue) {
      queue = new EndpointQueue(endpointId, organizationId, this.surroundings.clock());
      this.queues.set(endpointId, queue);
    }
    queue.push(work);
    this.queued += 1;
    this.enter(queue);
    this.beginNext();
  }

  /**
   * Updates the state after time has passed: attempts grow old, and idle endpoints are forgotten.
   * @returns the waiting work that endpoints which are behind may not keep here, in order. It is no longer
   * queued.
   */
  tick(): T[] {
    const now = this.surroundings.clock();
    this.age(now);
    this.hanging = 0;
    for (const queue of this.queues.values()) {
      queue.growsOld(now, SLOW_AFTER_MS);
      if (queue.hangs) this.hanging += 1;
    }
    const surplus: T[] = [];
    for (const [endpointId, queue] of this.queues) {
      const most = this.gates.mostWaiting(endpointId);
      surplus.push(
        ...(most === 0
          ? queue.takeOut((work) => this.gates.isHeld(work))
          : queue.cut(this.shareOfHanging, most)),
      );
      if (!queue.isIdle) this.enter(queue);
      else if (now - queue.usedAt > FORGOTTEN_AFTER_MS) {
        this.queues.delete(endpointId);
        this.gates.forget(endpointId);
      }
    }
    this.queued -= surplus.length;
    this.beginNext();
    return surplus;
  }

  /** Removes and returns the waiting work for which `isOut` is true; that of each endpoint in its order. */
  takeOut(isOut: (work: T) => boolean): T[] {
    const out = [...this.queues.values()].flatMap((queue) => queue.takeOut(isOut));
    this.queued -= out.length;
    return out;
  }

  /** The number of attempts in progress that began within the last second. */
  get youngUnderWay(): number {
    return this.overall.youngUnderWay;
  }

  /** Begins no further work until {@link release} is called. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.beginNext();
  }

  /** Begins no further work for good; the waiting work is dropped from memory. */
  stop(): void {
    this.stopped = true;
  }

  /** How many deliveries each hanging endpoint may keep, out of the number that may wait for all of them. */
  private get shareOfHanging(): number {
    return WAITING_FOR_HANGING / Math.max(1, this.hanging);
  }

  /** Gives a queue its turn. @returns true when the queue may have further turns. */
  private enter(queue: EndpointQueue<T>): boolean {
    if (!this.mayBegin(queue)) return false;
    this.turns.add(queue);
    return true;
  }

  /**
   * True when the queue has work and may begin it. If the host has no free slot, the queue is woken later.
   */
  private mayBegin(queue: EndpointQueue<T>): boolean {
    return this.isOpen(queue) && this.hostHasSlot(queue, this.hostsOf(queue));
  }

  /** True when neither the concurrency limit of the endpoint nor its rate limit keeps its next work back. */
  private isOpen(queue: EndpointQueue<T>): boolean {
    const { next } = queue;
    return next !== undefined && this.isBelowLimit(queue) && this.gates.isOpen(next, queue.attemptAt);
  }

  private hostHasSlot(queue: EndpointQueue<T>, hosts: readonly string[]): boolean {
    const mayBegin = this.hosts.mayBegin(queue.organizationId, hosts, queue.isSlow, queue);
    if (!mayBegin) queue.waitsForHost(this.surroundings.clock());
    return mayBegin;
  }

  /** True when the queue has work and its endpoint may run another attempt. */
  private isBelowLimit(queue: EndpointQueue<T>): boolean {
    const { active, limit } = queue;
    const { perEndpoint } = this.limits;
    if (queue.hasUrgent) return active < perEndpoint;
    if (queue.waiting === 0) return false;
    const most = Math.min(limit.attempts, perEndpoint, this.overall.shareOf(queue));
    return active < queue.shareOf(most);
  }

  private hostsOf({ endpointId }: EndpointQueue<T>): readonly string[] {
    return this.surroundings.hostsOf(endpointId);
  }

  private beginNext(): void {
    while (!this.stopped && !this.held && !this.turns.isEmpty) {
      if (!this.overall.mayBegin()) {
        this.age(this.surroundings.clock());
        if (!this.overall.mayBegin()) return;
      }
      const queue = this.turns.next();
      if (!queue || !this.isOpen(queue)) continue;
      const hosts = this.hostsOf(queue);
      if (this.hostHasSlot(queue, hosts)) this.begin(queue, hosts);
    }
  }

  private begin(queue: EndpointQueue<T>, hosts: readonly string[]): void {
    const next = queue.shift();
    if (!next) return;
    const { work, isUrgent } = next;
    const startedAt = this.surroundings.clock();
    const paced = this.gates.begin(work);
    const slots = this.hosts.begin(queue.organizationId, hosts, queue.isSlow);
    const attempt: Attempt<T> = { queue, startedAt, bytes: work.bytes, isUrgent, slots, paced };
    queue.active += 1;
    queue.usedAt = queue.attemptAt = startedAt;
    this.queued -= 1;
    this.overall.begin(attempt);
    this.enter(queue);
    const onSent = (): void => {
      paced.sent();
      // Now it is known when the next attempt may begin.
      if (paced.isCounted) this.enter(queue);
    };
    const turn = { isUrgent, onSent, another: (withinMs: number) => paced.another(withinMs) };
    void this.surroundings.begin(work, turn).then((effect) => this.ended(attempt, effect));
  }

  private age(now: number): void {
    for (const { slots } of this.overall.age(now)) this.hosts.slows(slots);
  }

  private ended(attempt: Attempt<T>, effect: AttemptEffect): void {
    const { queue, slots } = attempt;
    this.overall.end(attempt);
    const now = this.surroundings.clock();
    attempt.paced.ended(effect !== 'none');
    queue.ended(attempt, effect, now, this.limits.perEndpoint);
    this.hosts.leave(slots, (waiting) => this.enter(waiting));
    this.enter(queue);
    this.beginNext();
  }
}

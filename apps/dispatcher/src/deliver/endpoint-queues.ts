import { type Attempt, EndpointQueue, type QueuedWork } from './endpoint-queue.js';
import { HostPlaces } from './host-places.js';
import type { AttemptEffect } from './pace.js';

/** How much may be under way at once. */
export interface QueueLimits {
  /** To one endpoint. */
  readonly perEndpoint: number;
  /** To one host, of one organisation: see {@link HostPlaces}. */
  readonly perHost: number;
  /** To all endpoints together, of attempts begun within the last second; as many again may be older. */
  readonly overall: number;
}

/** What the queues act on. */
export interface QueueSurroundings<T extends QueuedWork> {
  /**
   * Starts one piece of work and resolves, never rejects, when it has ended.
   * @param isUrgent it goes first: a person waits for it, and few such were here.
   */
  begin(work: T, isUrgent: boolean): Promise<AttemptEffect>;
  /** The hosts that an attempt to the endpoint may reach now, each counted for itself. */
  hostsOf(endpointId: string): readonly string[];
  /** ms, never going back. */
  clock(): number;
}

/** An attempt that takes longer counts against its endpoint and no longer against the healthy ones' share. */
export const SLOW_AFTER_MS = 1_000;
/** What an endpoint answered is forgotten when it had nothing to do for so long. */
const FORGOTTEN_AFTER_MS = 5 * 60_000;
/** So many may wait for all that hang, each of which keeps one at least. */
const WAITING_FOR_HANGING = 1_000;

/**
 * Work queued per endpoint: begun in order within each, and in turn between organisations and between the endpoints of
 * each, so that none is held up by another. An endpoint has as many places as its answers have earned it (see
 * {@link Pace}), and an organisation so many at one host. Attempts older than a second leave the overall cap to the
 * others; endpoints that have such share a cap of the same size. Holds no timers: `tick` is to be called a few times a
 * second.
 */
export class EndpointQueues<T extends QueuedWork> {
  private readonly queues = new Map<string, EndpointQueue<T>>();
  /** Those with something to begin and a place of their own free, by organisation, in the order of their turns. */
  private readonly turns = new Map<string, Set<EndpointQueue<T>>>();
  private readonly hosts: HostPlaces<EndpointQueue<T>>;
  /** Attempts of the last second, the oldest first. */
  private readonly young = new Set<Attempt<T>>();
  private slow = 0;
  private slowEndpoints = 0;
  private queued = 0;
  /** How many endpoints hang, as of the last tick. */
  private hanging = 0;
  private stopped = false;
  private held = false;

  constructor(
    private readonly limits: QueueLimits,
    private readonly surroundings: QueueSurroundings<T>,
  ) {
    this.hosts = new HostPlaces(limits.perHost);
  }

  /** How many pieces of work are under way. */
  get underWay(): number {
    return this.young.size + this.slow;
  }

  /** Of these, begun more than a second ago. */
  get slowUnderWay(): number {
    return this.slow;
  }

  /** How many wait to be begun. */
  get waiting(): number {
    return this.queued;
  }

  /** False when the endpoint has as much waiting as it can be expected to take soon: more belongs elsewhere. */
  hasRoom(endpointId: string): boolean {
    return this.queues.get(endpointId)?.hasRoom(this.shareOfHanging) ?? true;
  }

  /** False when as many urgent pieces of work as go first are here: one more waits like all other work. */
  hasUrgentRoom(endpointId: string): boolean {
    return this.queues.get(endpointId)?.hasUrgentRoom ?? true;
  }

  /** True when what waits for the endpoint grows less by `perSecond` at least, as far as its answers tell. */
  isPrompt(endpointId: string, perSecond: number): boolean {
    const queue = this.queues.get(endpointId);
    if (!queue) return true;
    const { places, answerMs } = queue.pace;
    return !queue.isBehind && (answerMs === null || (places * 1_000) / Math.max(1, answerMs) >= perSecond);
  }

  /** The endpoints with most waiting, and how much: at most `count`, the longest queue first. */
  longest(count: number): { readonly endpointId: string; readonly waiting: number }[] {
    const longest: { endpointId: string; waiting: number }[] = [];
    for (const { endpointId, waiting } of this.queues.values()) {
      if (waiting === 0 || (longest.length === count && waiting <= (longest.at(-1)?.waiting ?? 0))) continue;
      longest.push({ endpointId, waiting });
      longest.sort((a, b) => b.waiting - a.waiting);
      if (longest.length > count) longest.pop();
    }
    return longest;
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
   * Lets time pass: attempts grow old, idle endpoints are forgotten. @returns what waits of endpoints that turned out
   * to be behind, beyond what they may keep here, in order; it is no longer queued.
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
      surplus.push(...queue.cut(this.shareOfHanging));
      if (!queue.isIdle) this.enter(queue);
      else if (now - queue.usedAt > FORGOTTEN_AFTER_MS) this.queues.delete(endpointId);
    }
    this.queued -= surplus.length;
    this.beginNext();
    return surplus;
  }

  /** Of what is under way, begun within the last second. */
  get youngUnderWay(): number {
    return this.young.size;
  }

  /** Begins nothing until {@link release}. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.beginNext();
  }

  /** Begins nothing more; what waits is given up. */
  stop(): void {
    this.stopped = true;
  }

  /** How many deliveries each endpoint would have of what may wait for all that hang. */
  private get shareOfHanging(): number {
    return WAITING_FOR_HANGING / Math.max(1, this.hanging);
  }

  /** @returns true when the queue takes its turn. */
  private enter(queue: EndpointQueue<T>): boolean {
    if (!this.mayBegin(queue)) return false;
    let endpoints = this.turns.get(queue.organizationId);
    if (!endpoints) this.turns.set(queue.organizationId, (endpoints = new Set()));
    endpoints.add(queue);
    return true;
  }

  /** True when there is something to begin and a place for it. Where the host has none, the queue is woken later. */
  private mayBegin(queue: EndpointQueue<T>): boolean {
    return this.hasPlace(queue) && this.hostHasPlace(queue, this.hostsOf(queue));
  }

  private hostHasPlace(queue: EndpointQueue<T>, hosts: readonly string[]): boolean {
    const mayBegin = this.hosts.mayBegin(queue.organizationId, hosts, queue.isSlow, queue);
    if (!mayBegin) queue.waitsForHost(this.surroundings.clock());
    return mayBegin;
  }

  /** True when there is something to begin, and the endpoint's own places have room for it. */
  private hasPlace(queue: EndpointQueue<T>): boolean {
    const { active, slow, pace } = queue;
    const { perEndpoint, overall } = this.limits;
    if (queue.hasUrgent) return active < perEndpoint;
    if (queue.waiting === 0) return false;
    const share = slow === 0 ? Infinity : Math.max(1, Math.floor(overall / this.slowEndpoints));
    return active < Math.min(pace.places, perEndpoint, share);
  }

  private hostsOf({ endpointId }: EndpointQueue<T>): readonly string[] {
    return this.surroundings.hostsOf(endpointId);
  }

  /** When more are slow than their cap has room for, they take from the others, but never more than half. */
  private places(): number {
    const { overall } = this.limits;
    return Math.max(Math.ceil(overall / 2), overall - Math.max(0, this.slow - overall));
  }

  private beginNext(): void {
    while (!this.stopped && !this.held && this.turns.size > 0) {
      if (this.young.size >= this.places()) {
        this.age(this.surroundings.clock());
        if (this.young.size >= this.places()) return;
      }
      const queue = this.nextInTurn();
      if (!queue || !this.hasPlace(queue)) continue;
      const hosts = this.hostsOf(queue);
      if (this.hostHasPlace(queue, hosts)) this.begin(queue, hosts);
    }
  }

  private begin(queue: EndpointQueue<T>, hosts: readonly string[]): void {
    const next = queue.shift();
    if (!next) return;
    const { work, isUrgent } = next;
    const startedAt = this.surroundings.clock();
    const place = this.hosts.begin(queue.organizationId, hosts, queue.isSlow);
    const attempt: Attempt<T> = { queue, startedAt, bytes: work.bytes, isUrgent, place };
    queue.active += 1;
    queue.usedAt = startedAt;
    this.queued -= 1;
    this.young.add(attempt);
    this.enter(queue);
    void this.surroundings.begin(work, isUrgent).then((effect) => this.ended(attempt, effect));
  }

  private nextInTurn(): EndpointQueue<T> | undefined {
    for (const [organizationId, endpoints] of this.turns) {
      this.turns.delete(organizationId);
      for (const queue of endpoints) {
        endpoints.delete(queue);
        if (endpoints.size > 0) this.turns.set(organizationId, endpoints);
        return queue;
      }
    }
    return undefined;
  }

  private age(now: number): void {
    for (const attempt of this.young) {
      if (now - attempt.startedAt < SLOW_AFTER_MS) return;
      this.young.delete(attempt);
      this.slow += 1;
      if (attempt.queue.slow === 0) this.slowEndpoints += 1;
      attempt.queue.slow += 1;
      this.hosts.slows(attempt.place);
    }
  }

  private ended(attempt: Attempt<T>, effect: AttemptEffect): void {
    const { queue, place } = attempt;
    if (!this.young.delete(attempt)) {
      this.slow -= 1;
      queue.slow -= 1;
      if (queue.slow === 0) this.slowEndpoints -= 1;
    }
    queue.ended(attempt, effect, this.surroundings.clock(), this.limits.perEndpoint);
    this.hosts.leave(place, (waiting) => this.enter(waiting));
    this.enter(queue);
    this.beginNext();
  }
}

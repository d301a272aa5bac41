import { type AttemptEffect, hangs, INITIAL_PACE, type Pace, paceAfter, queueBound } from './pace.js';

/** How much may be under way at once. */
export interface QueueLimits {
  /** To one endpoint. */
  readonly perEndpoint: number;
  /** To all endpoints together, of attempts begun within the last second; as many again may be older. */
  readonly overall: number;
}

/** One piece of work for an endpoint. */
export interface QueuedWork {
  readonly endpointId: string;
  readonly organizationId: string;
  /** What it takes of memory. */
  readonly bytes: number;
  /** A person waits for it: it goes first, and where others would be sent away. */
  readonly urgent: boolean;
}

interface EndpointQueue<T> {
  readonly endpointId: string;
  readonly organizationId: string;
  readonly urgent: T[];
  readonly waiting: T[];
  waitingBytes: number;
  active: number;
  /** Of these, begun more than a second ago. */
  slow: number;
  pace: Pace;
  /** When it last had something to do, by the clock. */
  usedAt: number;
}

interface Attempt<T> {
  readonly queue: EndpointQueue<T>;
  readonly startedAt: number;
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
 * {@link Pace}). Attempts older than a second leave the overall cap to the others; endpoints that have such share a cap
 * of the same size. Holds no timers: `tick` is to be called a few times a second.
 */
export class EndpointQueues<T extends QueuedWork> {
  private readonly queues = new Map<string, EndpointQueue<T>>();
  /** Those with something to begin and a place of their own free, by organisation, in the order of their turns. */
  private readonly turns = new Map<string, Set<EndpointQueue<T>>>();
  /** Attempts of the last second, the oldest first. */
  private readonly young = new Set<Attempt<T>>();
  private slow = 0;
  private slowEndpoints = 0;
  private queued = 0;
  /** How many endpoints hang, as of the last tick. */
  private hanging = 0;
  private stopped = false;
  private held = false;

  /**
   * @param begin starts one piece of work and resolves, never rejects, when it has ended.
   * @param clock ms, never going back.
   */
  constructor(
    private readonly limits: QueueLimits,
    private readonly begin: (work: T) => Promise<AttemptEffect>,
    private readonly clock: () => number,
  ) {}

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
    const queue = this.queues.get(endpointId);
    if (!queue) return true;
    const { count, bytes } = this.bound(queue);
    return queue.waiting.length < count && queue.waitingBytes < bytes;
  }

  /** True when what waits for the endpoint grows less by `perSecond` at least, as far as its answers tell. */
  isPrompt(endpointId: string, perSecond: number): boolean {
    const queue = this.queues.get(endpointId);
    if (!queue) return true;
    const { places, answerMs } = queue.pace;
    return (
      !this.isSlow(queue) && (answerMs === null || (places * 1_000) / Math.max(1, answerMs) >= perSecond)
    );
  }

  /** The endpoints with most waiting, and how much: at most `count`, the longest queue first. */
  longest(count: number): { readonly endpointId: string; readonly waiting: number }[] {
    const longest: { endpointId: string; waiting: number }[] = [];
    for (const { endpointId, urgent, waiting } of this.queues.values()) {
      const length = urgent.length + waiting.length;
      if (length === 0 || (longest.length === count && length <= (longest.at(-1)?.waiting ?? 0))) continue;
      longest.push({ endpointId, waiting: length });
      longest.sort((a, b) => b.waiting - a.waiting);
      if (longest.length > count) longest.pop();
    }
    return longest;
  }

  push(work: T): void {
    const { endpointId, organizationId } = work;
    let queue = this.queues.get(endpointId);
    if (!queue) {
      queue = {
        endpointId,
        organizationId,
        urgent: [],
        waiting: [],
        waitingBytes: 0,
        active: 0,
        slow: 0,
        pace: INITIAL_PACE,
        usedAt: this.clock(),
      };
      this.queues.set(endpointId, queue);
    }
    (work.urgent ? queue.urgent : queue.waiting).push(work);
    if (!work.urgent) queue.waitingBytes += work.bytes;
    this.queued += 1;
    this.enter(queue);
    this.beginNext();
  }

  /**
   * Lets time pass: attempts grow old, idle endpoints are forgotten. @returns what waits of endpoints that turned out
   * slow, beyond what they may keep here, in order; it is no longer queued.
   */
  tick(): T[] {
    const now = this.clock();
    this.age(now);
    this.hanging = 0;
    for (const { pace, slow } of this.queues.values()) if (hangs(pace, slow > 0)) this.hanging += 1;
    const surplus: T[] = [];
    for (const [endpointId, queue] of this.queues) {
      const { count, bytes } = this.bound(queue);
      let keep = Math.min(queue.waiting.length, count);
      for (let kept = queue.waitingBytes; this.isSlow(queue) && keep > 1 && kept > bytes; keep -= 1) {
        kept -= queue.waiting[keep - 1]?.bytes ?? 0;
      }
      if (keep < queue.waiting.length && this.isSlow(queue)) {
        for (const work of queue.waiting.splice(keep)) {
          queue.waitingBytes -= work.bytes;
          this.queued -= 1;
          surplus.push(work);
        }
      }
      const isIdle = queue.active === 0 && queue.waiting.length === 0 && queue.urgent.length === 0;
      if (!isIdle) this.enter(queue);
      else if (now - queue.usedAt > FORGOTTEN_AFTER_MS) this.queues.delete(endpointId);
    }
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

  private isSlow({ slow, pace }: EndpointQueue<T>): boolean {
    return slow > 0 || pace.inTrouble;
  }

  private bound(queue: EndpointQueue<T>): { count: number; bytes: number } {
    return queueBound(queue.pace, queue.slow > 0, WAITING_FOR_HANGING / Math.max(1, this.hanging));
  }

  private enter(queue: EndpointQueue<T>): void {
    if (!this.mayBegin(queue)) return;
    let endpoints = this.turns.get(queue.organizationId);
    if (!endpoints) this.turns.set(queue.organizationId, (endpoints = new Set()));
    endpoints.add(queue);
  }

  private mayBegin({ urgent, waiting, active, slow, pace }: EndpointQueue<T>): boolean {
    if (urgent.length > 0) return active < this.limits.perEndpoint;
    if (waiting.length === 0) return false;
    const share = slow === 0 ? Infinity : Math.max(1, Math.floor(this.limits.overall / this.slowEndpoints));
    return active < Math.min(pace.places, this.limits.perEndpoint, share);
  }

  /** When more are slow than their cap has room for, they take from the others, but never more than half. */
  private places(): number {
    const { overall } = this.limits;
    return Math.max(Math.ceil(overall / 2), overall - Math.max(0, this.slow - overall));
  }

  private beginNext(): void {
    while (!this.stopped && !this.held && this.turns.size > 0) {
      if (this.young.size >= this.places()) {
        this.age(this.clock());
        if (this.young.size >= this.places()) return;
      }
      const queue = this.nextInTurn();
      if (!queue || !this.mayBegin(queue)) continue;
      const work = queue.urgent.shift() ?? this.shiftWaiting(queue);
      if (!work) continue;
      const attempt: Attempt<T> = { queue, startedAt: this.clock() };
      queue.active += 1;
      queue.usedAt = attempt.startedAt;
      this.queued -= 1;
      this.young.add(attempt);
      this.enter(queue);
      void this.begin(work).then((effect) => this.ended(attempt, effect));
    }
  }

  private shiftWaiting(queue: EndpointQueue<T>): T | undefined {
    const work = queue.waiting.shift();
    if (work) queue.waitingBytes -= work.bytes;
    return work;
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
    }
  }

  private ended(attempt: Attempt<T>, effect: AttemptEffect): void {
    const { queue, startedAt } = attempt;
    if (!this.young.delete(attempt)) {
      this.slow -= 1;
      queue.slow -= 1;
      if (queue.slow === 0) this.slowEndpoints -= 1;
    }
    const now = this.clock();
    const wasFull = queue.active >= queue.pace.places;
    queue.pace = paceAfter(queue.pace, effect, now - startedAt, wasFull, this.limits.perEndpoint);
    queue.active -= 1;
    queue.usedAt = now;
    this.enter(queue);
    this.beginNext();
  }
}

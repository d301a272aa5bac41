import type { HostSlots } from './host-limits.js';
import type { PacedTurn } from './paced-turn.js';
import {
  type AttemptEffect,
  hangs,
  INITIAL_LIMIT,
  type ConcurrencyLimit,
  limitAfter,
  queueBound,
} from './concurrency-limit.js';

/** One piece of work for an endpoint. */
export interface QueuedWork {
  readonly endpointId: string;
  readonly organizationId: string;
  /** The memory that it takes, bytes. */
  readonly bytes: number;
  /**
   * A person waits for it. While few urgent pieces of work are queued, it goes first, and it is accepted when
   * others are refused.
   */
  readonly urgent: boolean;
  /**
   * It makes way for all other work of its endpoint: it begins only while none waits, and leaves half of the endpoint's
   * attempts free for what may come.
   */
  readonly background?: boolean;
}

/**
 * This many urgent pieces of work of one endpoint go first, including those in progress. Further ones wait
 * like all other work. Without this limit an endpoint that hangs could fill the memory and its partition's
 * window with urgent work.
 */
export const MOST_URGENT = 8;
/**
 * The memory that urgent work may take before no more of it goes first, bytes. A partition's window is
 * bounded in bytes too.
 */
const MOST_URGENT_BYTES = 256 * 1_024;

/**
 * An attempt that takes longer than this still counts for its endpoint, but no longer in the limit of the
 * healthy endpoints.
 */
export const SLOW_AFTER_MS = 1_000;

/** A piece of work in progress. */
export interface Attempt<T extends QueuedWork> {
  readonly queue: EndpointQueue<T>;
  /** When it began, by the clock, ms. */
  readonly startedAt: number;
  /** The memory that it takes, bytes. */
  readonly bytes: number;
  /** Whether it went first as urgent work. */
  readonly isUrgent: boolean;
  /** The concurrency slots that it holds at the host, out of those of its organisation. */
  readonly slots: HostSlots;
  /** How it counts in the rate limit of its endpoint. */
  readonly paced: PacedTurn;
}

/** The queue of one endpoint: its waiting work and its work in progress. Work begins in order. */
export class EndpointQueue<T extends QueuedWork> {
  active = 0;
  /** How many pieces in progress began more than a second ago. */
  slow = 0;
  limit: ConcurrencyLimit = INITIAL_LIMIT;
  /** When an attempt last began or ended, by the clock. */
  attemptAt = -Infinity;
  /** Since when the endpoint waits for a slot at its host, by the clock, ms; null when it does not wait. */
  private waitsForHostSince: number | null = null;
  /** The endpoint has waited so long for a slot at its host that it cannot be expected to continue soon. */
  private isCrowdedOut = false;
  private readonly urgent: T[] = [];
  private readonly ordinary: T[] = [];
  private readonly background: T[] = [];
  private ordinaryBytes = 0;
  private backgroundBytes = 0;
  /** The number and the memory of the urgent pieces of work that go first, including those in progress. */
  private urgentHeld = 0;
  private urgentBytes = 0;

  /** @param usedAt when the endpoint last had work, by the clock. */
  constructor(
    readonly endpointId: string,
    readonly organizationId: string,
    public usedAt: number,
  ) {}

  /** How many pieces of work wait. */
  get waiting(): number {
    return this.urgent.length + this.ordinary.length + this.background.length;
  }

  /** The work that begins next. */
  get next(): T | undefined {
    return this.urgent[0] ?? this.ordinary[0] ?? this.background[0];
  }

  get hasUrgent(): boolean {
    return this.urgent.length > 0;
  }

  /** How many pieces of work wait that would begin before a new one. */
  waitingBefore(isBackground: boolean): number {
    return isBackground ? this.waiting : this.urgent.length + this.ordinary.length;
  }

  /** How many of `most` attempts may be in progress, for the work that is next. */
  shareOf(most: number): number {
    const isNextBackground = this.waitingBefore(false) === 0 && this.background.length > 0;
    return isNextBackground ? shareOfBackground(most) : most;
  }

  /** True when another urgent piece of work would go first. */
  get hasUrgentRoom(): boolean {
    return this.urgentHeld < MOST_URGENT && this.urgentBytes < MOST_URGENT_BYTES;
  }

  /** The endpoint has not answered in time lately, or an attempt hangs now. */
  get isSlow(): boolean {
    return this.slow > 0 || this.limit.inTrouble;
  }

  /**
   * The endpoint is too slow for its deliveries, by itself or because other endpoints use the slots of its
   * host.
   */
  get isBehind(): boolean {
    return this.isSlow || this.isCrowdedOut;
  }

  get hangs(): boolean {
    return hangs(this.limit, this.slow > 0 || this.isCrowdedOut);
  }

  /** See {@link EndpointQueues.keepsUp}. */
  get keepsUp(): boolean {
    const { answerMs } = this.limit;
    return !this.isBehind && (answerMs === null ? this.isIdle : answerMs < SLOW_AFTER_MS);
  }

  get isIdle(): boolean {
    return this.active === 0 && this.waiting === 0;
  }

  /** See {@link EndpointQueues.isPrompt}. */
  isPrompt(perSecond: number, isBackground: boolean): boolean {
    if (this.isBehind || (isBackground && this.waitingBefore(false) > 0)) return false;
    const { attempts: most, answerMs } = this.limit;
    const attempts = isBackground ? shareOfBackground(most) : most;
    return answerMs === null || (attempts * 1_000) / Math.max(1, answerMs) >= perSecond;
  }

  /** Notes that the host had no free slot at `now`. */
  waitsForHost(now: number): void {
    this.waitsForHostSince ??= now;
  }

  /**
   * Notes that the endpoint is behind if it has waited for its host for `ms`. This lasts until an attempt has
   * ended.
   */
  growsOld(now: number, ms: number): void {
    if (this.waitsForHostSince !== null && now - this.waitsForHostSince >= ms) this.isCrowdedOut = true;
  }

  /**
   * True when less work waits than is allowed. Work in the background counts only for more of its kind.
   * @param share as in {@link queueBound}.
   * @param most what may wait because of the endpoint's rate limit.
   */
  hasRoom(share: number, most: number, isBackground: boolean): boolean {
    const { count, bytes } = this.bound(share);
    const waiting = this.ordinary.length + (isBackground ? this.background.length : 0);
    const waitingBytes = this.ordinaryBytes + (isBackground ? this.backgroundBytes : 0);
    return waiting < Math.min(count, most) && waitingBytes < bytes;
  }

  push(work: T): void {
    if (work.urgent && this.hasUrgentRoom) {
      this.urgent.push(work);
      this.urgentHeld += 1;
      this.urgentBytes += work.bytes;
      return;
    }
    if (work.background) {
      this.background.push(work);
      this.backgroundBytes += work.bytes;
      return;
    }
    this.ordinary.push(work);
    this.ordinaryBytes += work.bytes;
  }

  /** Removes and returns the work to begin now. */
  shift(): { readonly work: T; readonly isUrgent: boolean } | null {
    this.waitsForHostSince = null;
    const urgent = this.urgent.shift();
    if (urgent) return { work: urgent, isUrgent: true };
    const work = this.ordinary.shift();
    if (work) {
      this.ordinaryBytes -= work.bytes;
      return { work, isUrgent: false };
    }
    const last = this.background.shift();
    if (!last) return null;
    this.backgroundBytes -= last.bytes;
    return { work: last, isUrgent: false };
  }

  /**
   * Removes and returns, in order, the waiting work that an endpoint may not keep if it is behind or has a
   * rate limit: the work that would have no room behind what stays. At least one piece stays. The parameters
   * are those of {@link hasRoom}.
   */
  cut(share: number, most: number): T[] {
    if (!this.isBehind && most === Infinity) return [];
    const { count, bytes } = this.bound(share);
    const stay = Math.min(count, most);
    const ordinary = this.ordinary.splice(fitting(this.ordinary, stay, bytes));
    this.ordinaryBytes -= bytesOf(ordinary);
    const { length } = this.ordinary;
    const background = this.background.splice(
      fitting(this.background, stay - length, bytes - this.ordinaryBytes),
    );
    this.backgroundBytes -= bytesOf(background);
    return [...ordinary, ...background];
  }

  /** Removes and returns the waiting work for which `isOut` is true, in the order in which it would begin. */
  takeOut(isOut: (work: T) => boolean): T[] {
    const urgent = removed(this.urgent, isOut);
    this.urgentHeld -= urgent.length;
    this.urgentBytes -= bytesOf(urgent);
    const ordinary = removed(this.ordinary, isOut);
    this.ordinaryBytes -= bytesOf(ordinary);
    const background = removed(this.background, isOut);
    this.backgroundBytes -= bytesOf(background);
    return [...urgent, ...ordinary, ...background];
  }

  /** Records that an attempt ended at `now`. */
  ended(attempt: Attempt<T>, effect: AttemptEffect, now: number, mostAttempts: number): void {
    const wasFull = this.active >= this.shareOf(this.limit.attempts);
    this.limit = limitAfter(this.limit, effect, now - attempt.startedAt, wasFull, mostAttempts);
    this.active -= 1;
    this.usedAt = this.attemptAt = now;
    if (effect !== 'none') this.isCrowdedOut = false;
    if (!attempt.isUrgent) return;
    this.urgentHeld -= 1;
    this.urgentBytes -= attempt.bytes;
  }

  private bound(share: number): { readonly count: number; readonly bytes: number } {
    return queueBound(this.limit, this.slow > 0 || this.isCrowdedOut, share);
  }
}

/** How many of `most` attempts work in the background may have in progress. */
function shareOfBackground(most: number): number {
  return Math.max(1, Math.floor(most / 2));
}

/** How many pieces of work fit into `count` and `bytes`: each has room while those before it take less. */
function fitting(works: readonly QueuedWork[], count: number, bytes: number): number {
  let fits = 0;
  let left = bytes;
  for (const work of works) {
    if (fits >= count || left <= 0) break;
    fits += 1;
    left -= work.bytes;
  }
  return fits;
}

/** Removes the work for which `isOut` is true. @returns it, in its order. */
function removed<T>(queue: T[], isOut: (work: T) => boolean): T[] {
  const out: T[] = [];
  const staying: T[] = [];
  for (const work of queue) (isOut(work) ? out : staying).push(work);
  if (out.length > 0) queue.splice(0, queue.length, ...staying);
  return out;
}

function bytesOf(works: readonly QueuedWork[]): number {
  return works.reduce((sum, { bytes }) => sum + bytes, 0);
}

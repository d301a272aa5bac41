import type { HostPlace } from './host-places.js';
import { type AttemptEffect, hangs, INITIAL_PACE, type Pace, paceAfter, queueBound } from './pace.js';

/** One piece of work for an endpoint. */
export interface QueuedWork {
  readonly endpointId: string;
  readonly organizationId: string;
  /** What it takes of memory. */
  readonly bytes: number;
  /** A person waits for it: while few such are here, it goes first, and where others would be sent away. */
  readonly urgent: boolean;
}

/**
 * So many urgent pieces of work of one endpoint go first, those under way included. What comes beyond waits like all
 * other work: else an endpoint that hangs would fill memory and its partition's window with them.
 */
export const MOST_URGENT = 8;
/** And no further one once they take so much of memory, bytes: a partition's window is bounded in bytes as well. */
const MOST_URGENT_BYTES = 256 * 1_024;

/** A piece of work under way. */
export interface Attempt<T extends QueuedWork> {
  readonly queue: EndpointQueue<T>;
  /** By the clock, ms. */
  readonly startedAt: number;
  /** What it takes of memory. */
  readonly bytes: number;
  /** It went first. */
  readonly isUrgent: boolean;
  /** The places it holds of those that its organisation has at the host. */
  readonly place: HostPlace;
}

/** What waits for one endpoint and what is under way to it, begun in order. */
export class EndpointQueue<T extends QueuedWork> {
  active = 0;
  /** Of these, begun more than a second ago. */
  slow = 0;
  pace: Pace = INITIAL_PACE;
  /** Since when it waits for a place at its host, by the clock, ms; null when it does not. */
  private waitsForHostSince: number | null = null;
  /** It has waited for a place at its host for so long that it cannot be expected to go on soon. */
  private isCrowdedOut = false;
  private readonly urgent: T[] = [];
  private readonly ordinary: T[] = [];
  private ordinaryBytes = 0;
  /** Urgent pieces of work that go first, those under way included, and what they take of memory. */
  private urgentHeld = 0;
  private urgentBytes = 0;

  /** @param usedAt when it last had something to do, by the clock. */
  constructor(
    readonly endpointId: string,
    readonly organizationId: string,
    public usedAt: number,
  ) {}

  /** How many wait to be begun. */
  get waiting(): number {
    return this.urgent.length + this.ordinary.length;
  }

  get hasUrgent(): boolean {
    return this.urgent.length > 0;
  }

  /** True when one more urgent piece of work would go first. */
  get hasUrgentRoom(): boolean {
    return this.urgentHeld < MOST_URGENT && this.urgentBytes < MOST_URGENT_BYTES;
  }

  /** The endpoint has not answered in time lately, or does not now. */
  get isSlow(): boolean {
    return this.slow > 0 || this.pace.inTrouble;
  }

  /** It does not keep up with what comes, for its own sake or because others take the places of its host. */
  get isBehind(): boolean {
    return this.isSlow || this.isCrowdedOut;
  }

  get hangs(): boolean {
    return hangs(this.pace, this.slow > 0 || this.isCrowdedOut);
  }

  get isIdle(): boolean {
    return this.active === 0 && this.waiting === 0;
  }

  /** Its host has no place for it at `now`. */
  waitsForHost(now: number): void {
    this.waitsForHostSince ??= now;
  }

  /** Notes when it has waited for its host for `ms`. That counts until an attempt has ended. */
  growsOld(now: number, ms: number): void {
    if (this.waitsForHostSince !== null && now - this.waitsForHostSince >= ms) this.isCrowdedOut = true;
  }

  /** True when what waits is less than it may be; `share` as of {@link queueBound}. */
  hasRoom(share: number): boolean {
    const { count, bytes } = this.bound(share);
    return this.ordinary.length < count && this.ordinaryBytes < bytes;
  }

  push(work: T): void {
    if (work.urgent && this.hasUrgentRoom) {
      this.urgent.push(work);
      this.urgentHeld += 1;
      this.urgentBytes += work.bytes;
      return;
    }
    this.ordinary.push(work);
    this.ordinaryBytes += work.bytes;
  }

  /** Takes out what is to be begun now. */
  shift(): { readonly work: T; readonly isUrgent: boolean } | null {
    this.waitsForHostSince = null;
    const urgent = this.urgent.shift();
    if (urgent) return { work: urgent, isUrgent: true };
    const work = this.ordinary.shift();
    if (!work) return null;
    this.ordinaryBytes -= work.bytes;
    return { work, isUrgent: false };
  }

  /** Takes out, in order, what waits beyond what an endpoint that is behind may keep; one stays at least. */
  cut(share: number): T[] {
    if (!this.isBehind) return [];
    const { count, bytes } = this.bound(share);
    let keep = Math.min(this.ordinary.length, count);
    for (let kept = this.ordinaryBytes; keep > 1 && kept > bytes; keep -= 1) {
      kept -= this.ordinary[keep - 1]?.bytes ?? 0;
    }
    if (keep >= this.ordinary.length) return [];
    const surplus = this.ordinary.splice(keep);
    for (const work of surplus) this.ordinaryBytes -= work.bytes;
    return surplus;
  }

  /** An attempt has ended at `now`. */
  ended(attempt: Attempt<T>, effect: AttemptEffect, now: number, mostPlaces: number): void {
    const wasFull = this.active >= this.pace.places;
    this.pace = paceAfter(this.pace, effect, now - attempt.startedAt, wasFull, mostPlaces);
    this.active -= 1;
    this.usedAt = now;
    if (effect !== 'none') this.isCrowdedOut = false;
    if (!attempt.isUrgent) return;
    this.urgentHeld -= 1;
    this.urgentBytes -= attempt.bytes;
  }

  private bound(share: number): { readonly count: number; readonly bytes: number } {
    return queueBound(this.pace, this.slow > 0 || this.isCrowdedOut, share);
  }
}

import type { QueuedWork } from './endpoint-queue.js';
import { type KeptPlace, Pace, UNKNOWN_MS } from './pace.js';
import { type Admitted, PacedTurn } from './paced-turn.js';
import { type Timing, WakeTimes } from './wake-times.js';

/** What endpoints ask for, and what this instance knows of attempts before its own. */
export interface Pacing<T extends QueuedWork> {
  /** How many attempts to the endpoint may begin in any second; null: any number; 0: it is held. */
  rateOf(endpointId: string): number | null;
  /** The same for one piece of work: a held endpoint may still take some. Null: any number. */
  rateFor(work: T): number | null;
  /** True for work that will end without an attempt, so that no limit keeps it back. */
  endsUnasked(work: T): boolean;
  /** True when another instance attempts the work now, or will. */
  isStale(work: T): boolean;
  /**
   * Since when no other instance attempts the endpoint's work, by the clock, ms; null while one may.
   */
  aloneSince(work: T): number | null;
  /**
   * Null when the present settings of the work's endpoint are known; else settles when they are.
   */
  learning(work: T): Promise<void> | null;
}

/** What an endpoint with a limit may keep waiting in memory: what it takes in this time, s. */
const KEPT_S = 5;
/** When less waits than it takes in this time, more is looked for behind others, s. */
const LOW_S = 2;
/** How often a second request that waits looks whether it may be sent, ms. */
const LOOK_MS = 100;

/** Decides when the next attempt to an endpoint with a rate limit may begin, and wakes its queue then. */
export class PaceGates<T extends QueuedWork> {
  private readonly paces = new Map<string, Pace>();
  private readonly times: WakeTimes;

  /** @param open is called when an endpoint may be able to begin. */
  constructor(
    private readonly pacing: Pacing<T>,
    private readonly timing: Timing,
    private readonly open: (endpointId: string) => void,
  ) {
    this.times = new WakeTimes(timing, open);
  }

  /** How many pieces of work the endpoint may keep waiting because of its limit. */
  mostWaiting(endpointId: string): number {
    const rate = this.pacing.rateOf(endpointId);
    return rate === null ? Infinity : rate * KEPT_S;
  }

  isLimited(endpointId: string): boolean {
    return this.pacing.rateOf(endpointId) !== null;
  }

  /** How many pieces of work keep the endpoint busy for a while, as far as its limit decides. */
  leastWaiting(endpointId: string): number {
    const rate = this.pacing.rateOf(endpointId);
    return rate === null ? Infinity : rate * LOW_S;
  }

  /** True when the endpoint's limit lets at least `perSecond` attempts begin a second. */
  allows(endpointId: string, perSecond: number): boolean {
    const rate = this.pacing.rateOf(endpointId);
    return rate === null || rate >= perSecond;
  }

  /**
   * True when this work, the next of its endpoint, may begin now. If not, the queue is woken when it may.
   * @param lastAttemptAt when an attempt to the endpoint last began or ended here, by the clock.
   */
  isOpen(work: T, lastAttemptAt: number): boolean {
    const { endpointId } = work;
    const learning = this.pacing.learning(work);
    if (learning) {
      void learning.then(() => this.open(endpointId));
      return false;
    }
    if (this.pacing.endsUnasked(work)) return true;
    const rate = this.pacing.rateFor(work);
    if (rate === null) {
      // Attempts without a limit are not counted, so those of the last second are not known any more.
      this.paces.delete(endpointId);
      return true;
    }
    const alone = this.pacing.aloneSince(work);
    if (alone === null) return false;
    const now = this.timing.clock();
    const opensAt = Math.max(alone + UNKNOWN_MS, this.paceOf(endpointId, lastAttemptAt).opensAt(rate, now));
    if (opensAt <= now) return true;
    if (opensAt < Infinity) this.times.at(opensAt, endpointId);
    return false;
  }

  /** True for work that waits because its endpoint is held. */
  isHeld(work: T): boolean {
    return this.limitOf(work) === 0;
  }

  /** Counts work that begins, if its endpoint has a limit. */
  begin(work: T): PacedTurn {
    const pace = this.limitOf(work) === null ? undefined : this.paces.get(work.endpointId);
    const clock = (): number => this.timing.clock();
    return new PacedTurn(pace?.begin() ?? null, clock, (withinMs) => this.another(work, withinMs));
  }

  forget(endpointId: string): void {
    this.paces.delete(endpointId);
  }

  /** The limit that keeps work back; null when none does. */
  private limitOf(work: T): number | null {
    return this.pacing.endsUnasked(work) ? null : this.pacing.rateFor(work);
  }

  /**
   * Waits for a place for a second request of work that has begun. The limit of the work decides, and not that
   * of its endpoint: a test send to a held endpoint has none of 0.
   */
  private async another(work: T, withinMs: number): Promise<Admitted | null> {
    const { endpointId } = work;
    const begunAt = this.timing.clock();
    let pace: Pace | null = null;
    let place: KeptPlace | null = null;
    try {
      for (;;) {
        const rate = this.pacing.rateFor(work);
        if (rate === null) return { counted: null };
        const now = this.timing.clock();
        // A limit that was lifted and set again has another pace.
        const current = this.paceOf(endpointId, now);
        if (place === null || current !== pace) {
          place?.giveUp();
          pace = current;
          place = pace.keepPlace();
        }
        const opensAt = this.placeOpensAt(work, place, rate);
        if (opensAt <= now) return { counted: place.begin() };
        const leftMs = begunAt + withinMs - now;
        if (leftMs <= 0) return null;
        const afterMs = Math.min(opensAt - now, leftMs, LOOK_MS);
        await new Promise<void>((resolve) => this.timing.after(afterMs, resolve));
      }
    } finally {
      place?.giveUp();
      this.open(endpointId);
    }
  }

  /** When a second request may be sent. Infinity: not yet, or never because the work is not ours any more. */
  private placeOpensAt(work: T, place: KeptPlace, rate: number): number {
    const alone = this.pacing.aloneSince(work);
    if (rate === 0 || alone === null || this.pacing.isStale(work)) return Infinity;
    return Math.max(alone + UNKNOWN_MS, place.opensAt(rate, this.timing.clock()));
  }

  private paceOf(endpointId: string, lastAttemptAt: number): Pace {
    let pace = this.paces.get(endpointId);
    if (!pace) this.paces.set(endpointId, (pace = new Pace(lastAttemptAt + UNKNOWN_MS)));
    return pace;
  }
}

/** How much is allowed: so many a second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** How often what is as good as forgotten is forgotten, ms. */
const SWEEP_MS = 10_000;

/**
 * Limits how often something happens, by key: a token bucket, kept as the one number the generic cell rate algorithm
 * needs (ITU-T I.371: the theoretical arrival time, here the time at which the bucket is full again). A key whose bucket
 * is full takes no memory. Times are ms since the epoch.
 */
export class RateLimiter {
  private readonly fullAt = new Map<string, number>();
  private sweptAt = 0;

  /** @param maxKeys of more keys at once, those that came first are forgotten; they then have a full bucket. */
  constructor(
    private readonly rate: Rate,
    private readonly maxKeys = Number.POSITIVE_INFINITY,
  ) {}

  /** How many buckets are not full, and held. */
  get size(): number {
    return this.fullAt.size;
  }

  /** How long until one more is allowed, ms; 0 when it is now. */
  waitFor(key: string, now: number): number {
    const interval = this.interval();
    const full = Math.max(this.fullAt.get(key) ?? now, now);
    return Math.max(0, full + interval - this.rate.burst * interval - now);
  }

  /** Takes `count` at once, allowed or not: what goes beyond the bucket has to be waited for before the next. */
  take(key: string, now: number, count = 1): void {
    const full = Math.max(this.fullAt.get(key) ?? now, now) + count * this.interval();
    // As the newest, so that the first of the map is the oldest.
    this.fullAt.delete(key);
    this.fullAt.set(key, full);
    this.forget(now);
  }

  /** Gives back what was taken and turned out not to count. */
  giveBack(key: string, count = 1): void {
    const full = this.fullAt.get(key);
    if (full !== undefined) this.fullAt.set(key, full - count * this.interval());
  }

  private interval(): number {
    return 1_000 / this.rate.perSecond;
  }

  private forget(now: number): void {
    if (now - this.sweptAt >= SWEEP_MS) {
      this.sweptAt = now;
      for (const [key, full] of this.fullAt) if (full <= now) this.fullAt.delete(key);
    }
    while (this.fullAt.size > this.maxKeys) {
      const [oldest] = this.fullAt.keys();
      if (oldest === undefined) return;
      this.fullAt.delete(oldest);
    }
  }
}

/** The allowed rate: a number a second in the long run, and a number in a burst. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Sums of intervals are rounded: times that differ by less are the same, ms. */
const ROUNDING_MS = 1e-3;
/** How often full buckets are removed, ms. */
const SWEEP_MS = 10_000;

/**
 * Limits how often something happens, by key. It is a token bucket, stored as the one number that the generic
 * cell rate algorithm needs (ITU-T I.371: the theoretical arrival time, here the time at which the bucket is
 * full again). A key whose bucket is full takes no memory. Times are ms since the epoch.
 */
export class RateLimiter {
  private readonly fullAt = new Map<string, number>();
  private sweptAt = 0;

  /**
   * @param maxKeys the maximum number of keys; beyond it the oldest are forgotten and then have a full
   * bucket.
   */
  constructor(
    private readonly rate: Rate,
    private readonly maxKeys = Number.POSITIVE_INFINITY,
  ) {}

  /** How many buckets are stored because they are not full. */
  get size(): number {
    return this.fullAt.size;
  }

  /** How long until another use is allowed, ms; 0 when it is allowed now. */
  waitFor(key: string, now: number): number {
    const interval = this.interval();
    const full = Math.max(this.fullAt.get(key) ?? now, now);
    const wait = full + interval - this.rate.burst * interval - now;
    return wait > ROUNDING_MS ? wait : 0;
  }

  /**
   * Takes `count` at once, allowed or not: if the bucket does not hold enough, the next use has to wait
   * longer.
   */
  take(key: string, now: number, count = 1): void {
    const full = Math.max(this.fullAt.get(key) ?? now, now) + count * this.interval();
    // Inserted as the newest, so that the first of the map is the oldest.
    this.fullAt.delete(key);
    this.fullAt.set(key, full);
    this.forget(now);
  }

  /** Gives back a use that turned out not to count. */
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

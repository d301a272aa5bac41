const SMALLEST_MS = 0.1;
/** Each bucket is 2 % wider than the one before, so percentiles are at most 2 % too high. */
const GROWTH = Math.log(1.02);

/** Any number of durations in bounded memory. */
export class LatencyHistogram {
  private readonly counts: number[] = [];
  private total = 0;
  private greatest = 0;

  get longest(): number {
    return this.greatest;
  }

  /** @param ms negative values (from clocks that differ) count as 0. */
  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / GROWTH);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += 1;
    this.greatest = Math.max(this.greatest, ms);
  }

  /** The duration that a share of the durations does not exceed, ms; null when there are none. */
  percentile(share: number): number | null {
    if (this.total === 0) return null;
    let left = Math.ceil(this.total * share);
    for (const [bucket, count = 0] of this.counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.greatest, SMALLEST_MS * Math.exp(bucket * GROWTH));
    }
    return this.greatest;
  }
}

/**
 * How many endpoints are counted in a window. When a further one fails, the endpoint with the fewest failures
 * is dropped.
 */
const CAPACITY = 256;

/**
 * Finds the endpoints that fail most, in bounded memory, with the Space-Saving algorithm (Metwally, Agrawal,
 * El Abbadi 2005). A new endpoint takes over the place and the count of the smallest one. So an endpoint that
 * fails often is never missed; its count can only be too high. The figures cover the present window and the
 * one before.
 */
export class FailingEndpoints {
  private present = new Map<string, number>();
  private former = new Map<string, number>();
  private presentSince = 0;

  /** @param windowMs how long a window is. Times are ms since the epoch. */
  constructor(
    private readonly windowMs: number,
    private readonly capacity = CAPACITY,
  ) {}

  /** Counts a failed attempt to the endpoint. */
  failed(endpointId: string, now: number): void {
    this.turn(now);
    const known = this.present.get(endpointId);
    if (known !== undefined || this.present.size < this.capacity) {
      this.present.set(endpointId, (known ?? 0) + 1);
      return;
    }
    let [smallest, least] = ['', Infinity];
    for (const [each, count] of this.present) if (count < least) [smallest, least] = [each, count];
    this.present.delete(smallest);
    this.present.set(endpointId, least + 1);
  }

  /** The endpoints with the most recent failures, at most `count`, worst first. */
  worst(count: number, now: number): { readonly endpointId: string; readonly failures: number }[] {
    this.turn(now);
    const sums = new Map(this.former);
    for (const [each, failures] of this.present) sums.set(each, (sums.get(each) ?? 0) + failures);
    return [...sums]
      .map(([endpointId, failures]) => ({ endpointId, failures }))
      .sort((a, b) => b.failures - a.failures)
      .slice(0, count);
  }

  private turn(now: number): void {
    const windows = Math.floor((now - this.presentSince) / this.windowMs);
    if (windows < 1) return;
    this.former = windows === 1 ? this.present : new Map<string, number>();
    this.present = new Map();
    this.presentSince += windows * this.windowMs;
  }
}

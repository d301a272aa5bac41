/** How often an instance asks whether instances with two hops are there, ms. */
const ASK_MS = 1_000;
/** How often it asks once none has been there for {@link CALM_MS}. */
const ASK_WHEN_CALM_MS = 10_000;
const CALM_MS = 60_000;

/**
 * Whether an instance that delivers from the log of events may read events and retries: only while no instance is there
 * that reads them in two hops. It names deliveries and the slow lane in any case, and so
 * shares them with such instances.
 *
 * An instance that starts joins the group of the deliveries, so every other one hears of a rebalance. That is why it need
 * not be asked often when no member has come or gone for a minute. One that takes events over all the same fences this
 * one, which asks then.
 */
export class Coexistence {
  private mayReadAll = false;
  /** The last time at which one was there, or may have come; by any clock. */
  private unrestAt = Number.NEGATIVE_INFINITY;

  /** Whether it names events and retries to its group. Not before the first answer. */
  get namesAll(): boolean {
    return this.mayReadAll;
  }

  /**
   * An answer has come.
   * @param others how many instances with two hops there are.
   * @returns whether what it names has changed, so that it must join its group anew.
   */
  heard(others: number, now: number): boolean {
    const mayReadAll = others === 0;
    if (!mayReadAll) this.unrestAt = now;
    if (mayReadAll === this.mayReadAll) return false;
    this.mayReadAll = mayReadAll;
    return true;
  }

  /** The members of its group change: there may be others soon. */
  shaken(now: number): void {
    this.unrestAt = now;
  }

  /** How long after an answer it asks again, ms. */
  askAgainAfterMs(now: number): number {
    return now - this.unrestAt < CALM_MS ? ASK_MS : ASK_WHEN_CALM_MS;
  }
}

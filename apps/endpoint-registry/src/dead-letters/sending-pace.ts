/** How much of a second may be caught up at once, ms. */
const CATCH_UP_MS = 100;

/** Spreads sending over time. After a pause it catches up a tenth of a second at most. */
export class SendingPace {
  private next = 0;

  /** @param rate records a second, at least 1. */
  constructor(private readonly rate: number) {}

  /**
   * Takes the place of the next record.
   * @param now ms, of a clock that never goes back.
   * @returns how long the record has to wait, ms.
   */
  take(now: number): number {
    const interval = 1_000 / this.rate;
    const at = Math.max(this.next, now - Math.max(0, CATCH_UP_MS - interval));
    this.next = at + interval;
    return Math.max(0, at - now);
  }
}

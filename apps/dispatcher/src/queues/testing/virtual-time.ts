/** How often the owner of the queues calls `tick`, ms. */
const TICK_MS = 200;
/** Enough turns of the microtask queue for all that follows at once from a timer. */
const TURNS = 8;

/** A clock and timers for queues. Time passes only when a test says so. */
export class VirtualTime {
  private present = 0;
  private readonly timers: { readonly at: number; readonly act: () => void }[] = [];

  /** ms since the test began. */
  get now(): number {
    return this.present;
  }

  readonly clock = (): number => this.present;

  /** Calls `act` once, `ms` from now. */
  readonly after = (ms: number, act: () => void): void => {
    this.timers.push({ at: this.present + ms, act });
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass. @param tick is called every 200 ms, as the owner of the queues does. */
  async pass(ms: number, tick: () => void): Promise<void> {
    const until = this.present + ms;
    let tickAt = (Math.floor(this.present / TICK_MS) + 1) * TICK_MS;
    for (;;) {
      this.timers.sort((a, b) => a.at - b.at);
      const timerAt = this.timers[0]?.at ?? Infinity;
      const next = Math.min(timerAt, tickAt);
      if (next > until) break;
      this.present = next;
      if (timerAt === next) this.timers.shift()?.act();
      else {
        tick();
        tickAt += TICK_MS;
      }
      for (let turns = 0; turns < TURNS; turns += 1) await Promise.resolve();
    }
    this.present = until;
  }
}

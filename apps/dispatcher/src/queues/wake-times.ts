/** Wakes that are due within this time are one, ms: there may be thousands of endpoints with a limit. */
const TOGETHER_MS = 10;

/** What {@link WakeTimes} needs of the time. */
export interface Timing {
  /** A monotonic time, ms. */
  clock(): number;
  /** Calls `act` once, `ms` from now. */
  after(ms: number, act: () => void): void;
}

/** Calls for endpoints at the times for which they ask, never earlier, and once for each. */
export class WakeTimes {
  private readonly due = new Map<number, Set<string>>();

  constructor(
    private readonly timing: Timing,
    private readonly wake: (endpointId: string) => void,
  ) {}

  /** @param time by the clock, ms. */
  at(time: number, endpointId: string): void {
    const slot = Math.ceil(time / TOGETHER_MS) * TOGETHER_MS;
    const others = this.due.get(slot);
    if (others) {
      others.add(endpointId);
      return;
    }
    this.due.set(slot, new Set([endpointId]));
    this.timing.after(Math.max(0, slot - this.timing.clock()), () => {
      const endpoints = this.due.get(slot) ?? [];
      this.due.delete(slot);
      for (const each of endpoints) this.wake(each);
    });
  }
}

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** How long to wait before something is tried again: twice as long each time, from 1 s to 30 s. */
export class Backoff {
  private ms = FIRST_MS;

  /** @param askedMs how long the other side asks to wait; null if it does not say. */
  next(askedMs: number | null): number {
    const wait = Math.max(this.ms, askedMs ?? 0);
    this.ms = Math.min(LONGEST_MS, this.ms * 2);
    return wait;
  }

  /** The next failure is a first one again. */
  succeeded(): void {
    this.ms = FIRST_MS;
  }
}

/** How long a beginning counts, ms. */
export const LATELY_MS = 200;
const SLOT_MS = 20;
const SLOTS = LATELY_MS / SLOT_MS;

/** Counts what has begun within the last 200 ms, to 20 ms. */
export class BegunLately {
  private readonly slots = Array.from({ length: SLOTS }, () => 0);
  /** The number of the newest slot, from the beginning of the clock. */
  private newest = 0;

  /** Something begins at `now`, by a monotonic clock, ms. */
  begin(now: number): void {
    this.forget(now);
    const at = this.newest % SLOTS;
    this.slots[at] = (this.slots[at] ?? 0) + 1;
  }

  /** How much has begun, at `now`. */
  count(now: number): number {
    this.forget(now);
    return this.slots.reduce((sum, each) => sum + each, 0);
  }

  private forget(now: number): void {
    const newest = Math.floor(now / SLOT_MS);
    const passed = Math.min(SLOTS, newest - this.newest);
    for (let slot = 0; slot < passed; slot += 1) this.slots[(newest - slot) % SLOTS] = 0;
    this.newest = Math.max(this.newest, newest);
  }
}

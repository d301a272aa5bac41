import type { Clock } from '../clock.js';

/** A timer that acts once, at the earliest of the times that it was set to. */
export class EarliestTimer {
  private next: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'after'>,
    private readonly act: () => void,
  ) {}

  /** Acts `ms` from now, or earlier if it was set so. */
  set(ms: number): void {
    const at = this.clock.monotonic() + ms;
    if (this.next && this.next.at <= at) return;
    this.cancel();
    const cancel = this.clock.after(ms, () => {
      this.next = null;
      this.act();
    });
    this.next = { at, cancel };
  }

  cancel(): void {
    this.next?.cancel();
    this.next = null;
  }
}

import type { Life } from './life.js';

const TICK_MS = 500;

/** What a deliver engine shows of its queues. */
interface Ticked {
  tick(): void;
  readonly queues: { readonly underWay: number; readonly waiting: number };
}

/**
 * Lets time pass for the queues of a dispatcher while they hold work, as its host's timer does. A dispatcher without work
 * has no ticks, so that the simulated time can jump to what comes next.
 */
export class DeliverTicks {
  private isTicking = false;

  constructor(
    private readonly life: Life,
    private readonly deliver: Ticked,
  ) {}

  /** Begins to tick if there is work. Does nothing while it ticks. */
  start(): void {
    if (this.isTicking || !this.hasWork()) return;
    this.isTicking = true;
    void this.tick();
  }

  private async tick(): Promise<void> {
    while (this.hasWork()) {
      await this.life.pause(TICK_MS);
      this.deliver.tick();
    }
    this.isTicking = false;
  }

  private hasWork(): boolean {
    const { underWay, waiting } = this.deliver.queues;
    return underWay > 0 || waiting > 0;
  }
}

import type { RebalanceListener } from '@skillora/kafka';

/** What can be held back while partitions may move. */
export interface Drained {
  /** The attempts that can be expected to end soon. */
  readonly youngUnderWay: number;
  hold(): void;
  release(): void;
}

const LOOK_EVERY_MS = 10;

/**
 * Holds back new attempts when partitions are about to move, and lets those in progress end first, because
 * the next owner repeats every attempt that no commit covers. Attempts that have run for more than a second
 * are not waited for.
 */
export class RebalanceDrain implements RebalanceListener {
  private queues: Drained | null = null;
  private isUnderWay = false;

  drains(queues: Drained): void {
    this.queues = queues;
  }

  readonly begins = async (): Promise<void> => {
    const { queues } = this;
    if (!queues) return;
    this.isUnderWay = true;
    queues.hold();
    while (this.isHeld() && queues.youngUnderWay > 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };

  readonly released = (): void => {
    this.isUnderWay = false;
    this.queues?.release();
  };

  private isHeld(): boolean {
    return this.isUnderWay;
  }
}

import type { HandoverOptions } from '@skillora/kafka';

/** What is held while partitions may move. */
export interface Held {
  /** Attempts that may be expected to end soon. */
  readonly youngUnderWay: number;
  hold(): void;
  release(): void;
}

const LOOK_EVERY_MS = 10;

/**
 * When partitions are about to move, attempts end before they do, as far as they end soon: the next owner makes again
 * every attempt that it finds in no commit. Those under way for more than a second are not waited for.
 */
export class Handover implements HandoverOptions {
  private held: Held | null = null;
  private isUnderWay = false;

  holds(held: Held): void {
    this.held = held;
  }

  readonly begins = async (): Promise<void> => {
    const { held } = this;
    if (!held) return;
    this.isUnderWay = true;
    held.hold();
    while (this.isHeld() && held.youngUnderWay > 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };

  readonly released = (): void => {
    this.isUnderWay = false;
    this.held?.release();
  };

  private isHeld(): boolean {
    return this.isUnderWay;
  }
}

import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 50;

/**
 * Whether attempts may begin. An instance that the group may have forgotten begins none, because another one may make
 * them. It waits and throws nothing away: it learns soon whether it is still a member. Open unless it follows something.
 */
export class AttemptGate {
  private isOpen: () => boolean = () => true;

  /** @param isOpen whether attempts may begin now. */
  follows(isOpen: () => boolean): void {
    this.isOpen = isOpen;
  }

  /** Resolves when attempts may begin; null when they may now. */
  untilOpen(): Promise<void> | null {
    return this.isOpen() ? null : this.wait();
  }

  private async wait(): Promise<void> {
    while (!this.isOpen()) await delay(LOOK_AGAIN_MS, undefined, { ref: false });
  }
}

import type { Clock } from '@skillora/dispatcher/simulation-exports';

import type { Surroundings } from './surroundings.js';

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** The process of one dispatcher: it runs, is frozen, or has ended. */
export class Life {
  /** False once the process has ended. */
  isAlive = true;
  /** True once the process was asked to end. */
  isLeaving = false;
  private frozenUntil = 0;

  constructor(private readonly world: Surroundings) {}

  /** The clock of its engines: nothing happens while the process is frozen, or after its end. */
  get clock(): Clock {
    return {
      now: () => this.world.clock.now,
      monotonic: () => this.world.clock.now,
      after: (ms, act) => {
        let isCancelled = false;
        void this.pause(ms).then(() => {
          if (!isCancelled) act();
        });
        return () => {
          isCancelled = true;
        };
      },
    };
  }

  /** Does nothing for `ms`. */
  freeze(ms: number): void {
    this.frozenUntil = this.world.clock.now + ms;
  }

  /** Resolves `ms` from now, or when the process is no longer frozen; never once the process has ended. */
  async pause(ms: number): Promise<void> {
    let left = ms;
    do {
      await this.world.clock.sleep(left);
      if (!this.isAlive) await never();
      left = this.frozenUntil - this.world.clock.now;
    } while (left > 0);
  }

  /** Resolves when the broker answers. */
  async brokerThere(): Promise<void> {
    for (let wait = this.world.brokerAwayMs(); wait > 0; wait = this.world.brokerAwayMs()) {
      await this.pause(wait + this.world.random.between(1, 500));
    }
  }
}

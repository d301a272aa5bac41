import type { PacedAttempt } from './pace.js';

/** A request that may be sent; null when it does not count, because its endpoint has no rate limit. */
export interface Admitted {
  readonly counted: PacedAttempt | null;
}

/** A piece of work that has begun, in the rate limit of its endpoint: each of its requests counts. */
export class PacedTurn {
  /**
   * @param counted its first request; null when that does not count.
   * @param admit waits for a place for another one; null when there is none within that time, ms.
   */
  constructor(
    private counted: PacedAttempt | null,
    private readonly clock: () => number,
    private readonly admit: (withinMs: number) => Promise<Admitted | null>,
  ) {}

  get isCounted(): boolean {
    return this.counted !== null;
  }

  /** The request was given to the network. */
  sent(): void {
    this.counted?.sent(this.clock());
  }

  /** The work has ended. @param wasMade false when nothing was attempted. */
  ended(wasMade: boolean): void {
    this.counted?.ended(this.clock(), wasMade);
  }

  /**
   * The request was answered, and the work sends another one.
   * @returns false when there is no place for it within `withinMs`.
   */
  async another(withinMs: number): Promise<boolean> {
    this.ended(true);
    const admitted = await this.admit(withinMs);
    if (admitted === null) return false;
    this.counted = admitted.counted;
    return true;
  }
}

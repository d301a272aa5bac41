import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets a limited number of callers start in one turn of the event loop, and the others in later turns, in
 * order. Callers wait only for others to start, not for them to finish.
 */
export class BurstLimit {
  private started = 0;
  private turn: Promise<void> | null = null;

  constructor(private readonly perTurn: number) {}

  /** Resolves when it is the caller's turn. */
  async pass(): Promise<void> {
    while (this.started >= this.perTurn) await this.turn;
    this.started += 1;
    this.turn ??= nextTurn().then(() => {
      this.started = 0;
      this.turn = null;
    });
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets so many through in one turn of the event loop, and the others in the turns after it, in order. Nobody waits for
 * what those before are about, only for their start.
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

import { setTimeout as sleep } from 'node:timers/promises';

import { describeExit, type ProcessExit } from '@skillora/engines';

import { restartDelayMs } from './restart-delay.js';
import { span } from './terminal.js';

/** A part of the stack that runs as a process. */
export interface Part {
  readonly name: string;
  /** Resolves when the part does its work. */
  start(): Promise<void>;
  /** Is called when the process ends unexpectedly. */
  onExit(callback: (exit: ProcessExit) => void): void;
}

/** After a part has run for this long, its next restart has the shortest delay again. */
const STEADY_MS = 30_000;

/**
 * Restarts a part whenever it ends, for as long as needed, with growing delays between failures in a row, and
 * prints one line each time.
 */
export class Supervisor {
  private readonly ending = new AbortController();
  private restarting: Promise<void> = Promise.resolve();
  private failuresInARow = 0;
  private upSince = Date.now();

  constructor(
    private readonly part: Part,
    private readonly say: (line: string) => void,
    private readonly delayMs: (restart: number) => number = restartDelayMs,
  ) {
    part.onExit((exit) => {
      if (!this.ending.signal.aborted) this.restarting = this.restart(describeExit(exit));
    });
  }

  /** No restarts from now on. Stopping the part then also ends a restart in progress. */
  end(): void {
    this.ending.abort();
  }

  /** Resolves when no restart is in progress. */
  async settled(): Promise<void> {
    await this.restarting;
  }

  private async restart(end: string): Promise<void> {
    if (Date.now() - this.upSince >= STEADY_MS) this.failuresInARow = 0;
    let reason = end;
    while (!this.ending.signal.aborted) {
      const began = Date.now();
      const delay = this.delayMs(this.failuresInARow);
      this.failuresInARow += 1;
      this.say(`${this.part.name} ${reason}; starting it again in ${span(delay)}`);
      try {
        await sleep(delay, undefined, { signal: this.ending.signal });
        await this.part.start();
        this.upSince = Date.now();
        this.say(`${this.part.name} runs again, ${span(this.upSince - began)} later`);
        return;
      } catch (error) {
        reason = `did not start: ${firstLine(error)}`;
      }
    }
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

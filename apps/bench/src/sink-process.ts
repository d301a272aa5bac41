import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface SinkReport {
  readonly arrivals: number;
  /** ms since the epoch, with fractions. */
  readonly lastAt: number;
  readonly marks: [string, number][];
}

/** The receiver as a process of its own, so that it takes no time from what is measured. */
export class SinkProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<SinkProcess> {
    const child = fork(fileURLToPath(new URL('./sink.js', import.meta.url)));
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new SinkProcess(child, `http://127.0.0.1:${port}/hook`);
  }

  reset(): void {
    this.child.send('reset');
  }

  async report(): Promise<SinkReport> {
    return this.ask('report');
  }

  /** Resolves once `count` requests have arrived since the last reset; gives up after `timeoutMs`. */
  async arrived(count: number, timeoutMs: number): Promise<SinkReport> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { arrivals } = await this.ask('count');
      if (arrivals >= count) return this.report();
      if (Date.now() > deadline) throw new Error(`${arrivals} of ${count} arrived within ${timeoutMs} ms`);
      await delay(20);
    }
  }

  stop(): void {
    this.child.disconnect();
  }

  private async ask(question: 'count' | 'report'): Promise<SinkReport> {
    const answer = once(this.child, 'message');
    this.child.send(question);
    return ((await answer) as [SinkReport])[0];
  }
}

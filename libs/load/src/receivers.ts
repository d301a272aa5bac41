import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Arrival, ArrivalCount, ReceiverBehaviour, ReceiverQuestion } from './receiver-behaviour.js';

export type { Arrival, ArrivalCount, ReceiverBehaviour } from './receiver-behaviour.js';

/** The built file, if this module runs from its source. */
const PROCESS = fileURLToPath(new URL('../dist/receivers-process.js', import.meta.url));

/** Customers' servers in their own process: each behaves as configured and records what arrives. */
export class Receivers {
  /** One command after the other: answers carry no name. */
  private asking: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly child: ChildProcess,
    /** The URL of each server, by number. */
    readonly urls: readonly string[],
  ) {}

  /**
   * Starts `count` servers on free ports; all answer 200 at once until they are configured.
   * @param address to listen on.
   * @param host the name under which others reach it.
   */
  static async start(count: number, address = '127.0.0.1', host = address): Promise<Receivers> {
    const child = fork(PROCESS, [String(count), address], { serialization: 'advanced', execArgv: [] });
    const [ports] = (await once(child, 'message')) as [number[]];
    return new Receivers(
      child,
      ports.map((port) => `http://${host}:${port}/hook`),
    );
  }

  /** Sets the behaviour of these receivers, by default of all of them. */
  async behave(behaviour: ReceiverBehaviour, receivers?: readonly number[]): Promise<void> {
    await this.ask({ ask: 'behave', behaviour, receivers: receivers ?? this.urls.map((_, index) => index) });
  }

  /** Forgets what has arrived. */
  async reset(): Promise<void> {
    await this.ask({ ask: 'reset' });
  }

  count(): Promise<ArrivalCount> {
    return this.ask({ ask: 'count' });
  }

  /** What arrived since the last reset, in order. */
  arrivals(): Promise<Arrival[]> {
    return this.ask({ ask: 'arrivals' });
  }

  /** What arrived since the last reset or call, in order; it is forgotten then. */
  take(): Promise<Arrival[]> {
    return this.ask({ ask: 'take' });
  }

  /** Resolves once `count` requests have arrived since the last reset; rejects after `timeoutMs`. */
  async arrived(count: number, timeoutMs: number): Promise<ArrivalCount> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const counted = await this.count();
      if (counted.arrivals >= count) return counted;
      if (Date.now() > deadline) {
        throw new Error(`${counted.arrivals} of ${count} requests arrived within ${timeoutMs} ms`);
      }
      await delay(20);
    }
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private ask<T>(question: ReceiverQuestion): Promise<T> {
    const answer = this.asking.then(async () => {
      const answered = once(this.child, 'message');
      this.child.send(question);
      return ((await answered) as [T])[0];
    });
    this.asking = answer.catch(() => undefined);
    return answer;
  }
}

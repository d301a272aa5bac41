import { setTimeout as delay } from 'node:timers/promises';

/**
 * Work whose result counts for those alone who asked before it began: a look at the end of a log, say, or a pass over what
 * is stored. One run at a time; all who ask while one is under way share the next.
 */
export class FreshRuns<T> {
  private current: Promise<T> | null = null;
  private next: Promise<T> | null = null;
  private restUntil = -Infinity;

  /** @param restMs no run begins sooner than this after the one before has ended, however many ask. */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly restMs = 0,
  ) {}

  /** The run under way; null when none is. */
  get underWay(): Promise<T> | null {
    return this.current;
  }

  /** The result of a run that begins after this call. @throws whatever the work throws in that run. */
  afterNow(): Promise<T> {
    if (this.next) return this.next;
    const restMs = this.restUntil - performance.now();
    if (!this.current && restMs <= 0) return this.run();
    this.next = this.afterRest(this.current).then(() => {
      this.next = null;
      return this.current ?? this.run();
    });
    return this.next;
  }

  private async afterRest(former: Promise<T> | null): Promise<void> {
    await former?.catch(() => undefined);
    const restMs = this.restUntil - performance.now();
    if (restMs > 0) await delay(restMs);
  }

  private run(): Promise<T> {
    this.current = this.work().finally(() => {
      this.current = null;
      this.restUntil = performance.now() + this.restMs;
    });
    return this.current;
  }
}

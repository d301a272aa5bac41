import { setTimeout as delay } from 'node:timers/promises';

/**
 * Shares runs of a task whose result is valid only for callers that asked before the run began, for example
 * reading the end of a log. One run at a time; all callers during a run share the next one.
 */
export class FreshRuns<T> {
  private current: Promise<T> | null = null;
  private next: Promise<T> | null = null;
  private restUntil = -Infinity;

  /**
   * @param restMs the minimum pause after a run before the next one begins, whatever the number of callers.
   */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly restMs = 0,
  ) {}

  /** The current run; null when there is none. */
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

import { BegunLately } from './begun-lately.js';
import { type Attempt, type EndpointQueue, type QueuedWork, SLOW_AFTER_MS } from './endpoint-queue.js';

/**
 * Limits the attempts to all endpoints together. An attempt counts for its first second. Those that take longer
 * have a limit of the same size, which their endpoints share, so that they never stop the others.
 */
export class OverallLimit<T extends QueuedWork> {
  /** The attempts of the last second, oldest first. */
  private readonly young = new Set<Attempt<T>>();
  private readonly begun = new BegunLately();
  private slow = 0;
  private slowEndpoints = 0;

  /** @param most the maximum number of concurrent attempts of either kind. */
  constructor(private readonly most: number) {}

  /** How many attempts in progress began within the last second. */
  get youngUnderWay(): number {
    return this.young.size;
  }

  /** How many attempts in progress began more than a second ago. */
  get slowUnderWay(): number {
    return this.slow;
  }

  /** True when another attempt may begin. */
  mayBegin(): boolean {
    return this.young.size < this.youngLimit;
  }

  /** How many attempts the endpoint may have in progress, as far as this limit decides. */
  shareOf({ slow }: EndpointQueue<T>): number {
    return slow === 0 ? Infinity : Math.max(1, Math.floor(this.most / this.slowEndpoints));
  }

  begin(attempt: Attempt<T>): void {
    this.young.add(attempt);
    this.begun.begin(attempt.startedAt);
  }

  /** How many attempts have begun within the last 200 ms. */
  begunLately(now: number): number {
    return this.begun.count(now);
  }

  /** Lets time pass. @returns the attempts that have become slow. */
  age(now: number): readonly Attempt<T>[] {
    const aged: Attempt<T>[] = [];
    for (const attempt of this.young) {
      if (now - attempt.startedAt < SLOW_AFTER_MS) break;
      this.young.delete(attempt);
      this.slow += 1;
      if (attempt.queue.slow === 0) this.slowEndpoints += 1;
      attempt.queue.slow += 1;
      aged.push(attempt);
    }
    return aged;
  }

  end(attempt: Attempt<T>): void {
    if (this.young.delete(attempt)) return;
    const { queue } = attempt;
    this.slow -= 1;
    queue.slow -= 1;
    if (queue.slow === 0) this.slowEndpoints -= 1;
  }

  /**
   * When more attempts are slow than their limit allows, they reduce the limit of the others, but by half at
   * most.
   */
  private get youngLimit(): number {
    return Math.max(Math.ceil(this.most / 2), this.most - Math.max(0, this.slow - this.most));
  }
}

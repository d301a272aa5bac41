/** How long a result is reused, ms. */
const REMEMBERED_MS = 1_000;
/**
 * Work that takes longer than this may never end: a connection that the network has dropped silently answers
 * nothing. It is longer than the limit for opening a connection (5 s).
 */
const STUCK_AFTER_MS = 10_000;

/**
 * Shares one answer between all callers at about the same time. They share the work in progress, and its
 * result is valid for a second after it ended. So the cost does not depend on the number of callers. Failures
 * are not remembered. If work has not ended after 10 s, the next caller starts it again.
 */
export class ShortMemory<T> {
  private answer: Promise<T> | null = null;
  private beganAt = 0;
  /** Null while the work is in progress. */
  private endedAt: number | null = null;

  /** @param now a monotonic clock, ms. */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws whatever the work throws. */
  get(): Promise<T> {
    const isOld =
      this.endedAt === null
        ? this.now() - this.beganAt >= STUCK_AFTER_MS
        : this.now() - this.endedAt >= REMEMBERED_MS;
    return this.answer === null || isOld ? this.ask() : this.answer;
  }

  private ask(): Promise<T> {
    this.beganAt = this.now();
    this.endedAt = null;
    const answer = this.work();
    this.answer = answer;
    // If the work was started again, the result of the former run is ignored.
    answer.then(
      () => {
        if (this.answer === answer) this.endedAt = this.now();
      },
      () => {
        if (this.answer === answer) this.answer = null;
      },
    );
    return answer;
  }
}

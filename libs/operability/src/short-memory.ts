/** How long what was found out is told again, ms. */
const REMEMBERED_MS = 1_000;

/**
 * One answer for all who ask at about the same time: they share the work that is under way, and its result counts for a
 * second after it ended. So the cost does not depend on how many ask. Work that fails is not remembered.
 */
export class ShortMemory<T> {
  private answer: Promise<T> | null = null;
  private endedAt: number | null = null;

  /** @param now a clock that never goes back, ms. */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws whatever the work throws. */
  get(): Promise<T> {
    const isOld = this.endedAt !== null && this.now() - this.endedAt >= REMEMBERED_MS;
    if (this.answer === null || isOld) this.answer = this.ask();
    return this.answer;
  }

  private ask(): Promise<T> {
    this.endedAt = null;
    const answer = this.work();
    answer.then(
      () => (this.endedAt = this.now()),
      () => (this.answer = null),
    );
    return answer;
  }
}

/** How long what was found out is told again, ms. */
const REMEMBERED_MS = 1_000;
/**
 * Work that takes longer may never end: a connection that the network has dropped in silence answers nothing. Longer than
 * it takes to be refused a connection (5 s).
 */
const STUCK_AFTER_MS = 10_000;

/**
 * One answer for all who ask at about the same time: they share the work that is under way, and its result counts for a
 * second after it ended. So the cost does not depend on how many ask. Work that fails is not remembered, and work that has
 * not ended after 10 s is begun again by whoever asks next.
 */
export class ShortMemory<T> {
  private answer: Promise<T> | null = null;
  private beganAt = 0;
  /** Null while the work is under way. */
  private endedAt: number | null = null;

  /** @param now a clock that never goes back, ms. */
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
    // Of work that was begun again, the former one says nothing when it ends after all.
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

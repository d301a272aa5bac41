/**
 * Works on items in the order in which they come, several at a time. Who adds one waits while too many wait, so memory
 * stays bounded.
 */
export class BoundedQueue<T> {
  private readonly waiting: T[] = [];
  private underWay = 0;
  private roomFor: (() => void)[] = [];

  /**
   * @param most how many items may wait.
   * @param atOnce how many are worked on at a time.
   * @param work does not throw.
   */
  constructor(
    private readonly most: number,
    private readonly atOnce: number,
    private readonly work: (item: T) => Promise<void>,
  ) {}

  /** Resolves when the item has a place. */
  async add(item: T): Promise<void> {
    while (this.waiting.length >= this.most) {
      await new Promise<void>((resolve) => this.roomFor.push(resolve));
    }
    this.waiting.push(item);
    this.proceed();
  }

  private proceed(): void {
    while (this.underWay < this.atOnce && this.waiting.length > 0) {
      const item = this.waiting.shift() as T;
      this.underWay += 1;
      void this.work(item).finally(() => {
        this.underWay -= 1;
        this.proceed();
      });
    }
    const freed = this.roomFor;
    if (this.waiting.length < this.most && freed.length > 0) {
      this.roomFor = [];
      for (const resolve of freed) resolve();
    }
  }
}

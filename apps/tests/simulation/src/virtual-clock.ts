interface Moment {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** Time that jumps from one event to the next, always in the same order. */
export class VirtualClock {
  /** A binary heap, earliest first. */
  private readonly heap: Moment[] = [];
  private order = 0;

  /** @param now ms since the epoch. */
  constructor(public now: number) {}

  /** Lets `act` happen `ms` from now. */
  after(ms: number, act: () => void): void {
    const { heap } = this;
    heap.push({ at: this.now + Math.max(0, ms), order: (this.order += 1), act });
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.swapIfEarlier(child, parent)) break;
      child = parent;
    }
  }

  /** Resolves `ms` from now. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until no event is left. @throws when that takes more than `limit` moments. */
  async run(limit: number): Promise<void> {
    for (let moments = 0; ; moments += 1) {
      const moment = this.take();
      if (!moment) return;
      if (moments >= limit) throw new Error(`it does not come to rest within ${limit} moments`);
      this.now = moment.at;
      moment.act();
      // Continuations of the moment run before the next one; nothing here waits for anything real.
      await new Promise(setImmediate);
    }
  }

  private take(): Moment | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    heap[0] = last;
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = right < heap.length && this.isEarlier(right, left) ? right : left;
      if (child >= heap.length || !this.swapIfEarlier(child, parent)) return first;
      parent = child;
    }
  }

  private isEarlier(a: number, b: number): boolean {
    const [left, right] = [this.heap[a], this.heap[b]];
    if (!left || !right) return false;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  private swapIfEarlier(child: number, parent: number): boolean {
    if (!this.isEarlier(child, parent)) return false;
    const [lower, upper] = [this.heap[child], this.heap[parent]];
    if (!lower || !upper) return false;
    this.heap[parent] = lower;
    this.heap[child] = upper;
    return true;
  }
}

/** How much may be under way at once. */
export interface QueueLimits {
  /** To one endpoint. */
  readonly perEndpoint: number;
  /** To all endpoints together. */
  readonly overall: number;
}

interface EndpointQueue<T> {
  readonly endpointId: string;
  readonly waiting: T[];
  active: number;
  /** True while it stands in the line for a free place. */
  inLine: boolean;
}

/**
 * Work queued per endpoint, begun in order within each and in turn between them: an endpoint that is slow fills its
 * own queue and holds its own few places, and nobody else's.
 */
export class EndpointQueues<T> {
  private readonly queues = new Map<string, EndpointQueue<T>>();
  /** Endpoints with something to begin and a place of their own free, in the order of their turns. */
  private line: EndpointQueue<T>[] = [];
  private active = 0;
  private stopped = false;

  /** @param begin starts one piece of work and resolves, never rejects, when it has ended. */
  constructor(
    private readonly limits: QueueLimits,
    private readonly begin: (work: T) => Promise<void>,
  ) {}

  /** How many pieces of work are under way. */
  get underWay(): number {
    return this.active;
  }

  /** How many wait to be begun. */
  get waiting(): number {
    let sum = 0;
    for (const { waiting } of this.queues.values()) sum += waiting.length;
    return sum;
  }

  push(endpointId: string, work: T): void {
    let queue = this.queues.get(endpointId);
    if (!queue) this.queues.set(endpointId, (queue = { endpointId, waiting: [], active: 0, inLine: false }));
    queue.waiting.push(work);
    this.enter(queue);
    this.beginNext();
  }

  /** Begins nothing more; what waits is given up. */
  stop(): void {
    this.stopped = true;
  }

  private enter(queue: EndpointQueue<T>): void {
    if (queue.inLine || queue.waiting.length === 0 || queue.active >= this.limits.perEndpoint) return;
    queue.inLine = true;
    this.line.push(queue);
  }

  private beginNext(): void {
    while (!this.stopped && this.active < this.limits.overall) {
      const queue = this.line.shift();
      if (!queue) return;
      queue.inLine = false;
      const work = queue.waiting.shift();
      if (work === undefined) continue;
      queue.active += 1;
      this.active += 1;
      this.enter(queue);
      void this.begin(work).then(() => this.ended(queue));
    }
  }

  private ended(queue: EndpointQueue<T>): void {
    queue.active -= 1;
    this.active -= 1;
    if (queue.active === 0 && queue.waiting.length === 0) this.queues.delete(queue.endpointId);
    else this.enter(queue);
    this.beginNext();
  }
}

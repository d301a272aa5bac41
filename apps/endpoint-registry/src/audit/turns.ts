/** Why work is not taken: its owner has some here already, or too many wait. */
export type TurnProblem = 'owner_is_here' | 'too_many_wait';

/** Work was not done, since whoever wanted it left while it waited. */
export class LeftError extends Error {
  override readonly name = 'LeftError';
}

interface Waiting {
  readonly begin: () => void;
}

/**
 * Lets one piece of work run at a time, and others wait in the order in which they came: one of each owner, whether it
 * runs or waits, and so many waiting in all. Work whose owner leaves gives its place up.
 */
export class Turns {
  private readonly owners = new Set<string>();
  private readonly waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly maxWaiting: number) {}

  /** Null when work of this owner is taken now. */
  problem(owner: string): TurnProblem | null {
    if (this.owners.has(owner)) return 'owner_is_here';
    return this.running && this.waiting.length >= this.maxWaiting ? 'too_many_wait' : null;
  }

  /**
   * Runs the work when its turn has come. To be asked for by those alone who have no {@link problem}.
   * @param left aborted when nobody wants the result any more. The work itself is told by the same signal.
   * @throws {LeftError} when that was while it waited. @throws whatever the work throws.
   */
  async run<T>(owner: string, left: AbortSignal, work: () => Promise<T>): Promise<T> {
    const problem = this.problem(owner);
    if (problem !== null) throw new Error(`no turn can be had: ${problem}`);
    this.owners.add(owner);
    try {
      if (this.running) await this.turn(left);
      this.running = true;
      try {
        return await work();
      } finally {
        this.running = false;
        this.next();
      }
    } finally {
      this.owners.delete(owner);
    }
  }

  private turn(left: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(new LeftError('whoever wanted it has left'));
      };
      const waiting: Waiting = {
        begin: () => {
          left.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.waiting.push(waiting);
      if (left.aborted) leave();
      else left.addEventListener('abort', leave, { once: true });
    });
  }

  private next(): void {
    const next = this.waiting.shift();
    if (!next) return;
    // The place passes on at once: nobody who comes in between takes it.
    this.running = true;
    next.begin();
  }
}

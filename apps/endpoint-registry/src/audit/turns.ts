/** Why work is not taken: its owner has some here already, or too many wait. */
export type TurnProblem = 'owner_is_here' | 'too_many_wait';

/** Work was not done, since whoever wanted it left while it waited. */
export class LeftError extends Error {
  override readonly name = 'LeftError';
}

/**
 * Work that takes longer may never end, on a connection that the network has dropped in silence: it keeps the place from
 * others no longer, ms. It is more than all statements of a reconciliation may take together.
 */
const LONGEST_MS = 300_000;

interface Waiting {
  readonly begin: () => void;
}

/**
 * Lets one piece of work run at a time, and others wait in the order in which they came: one of each owner, whether it
 * runs or waits, and so many waiting in all. Work whose owner leaves gives its place up. Work that has not ended after
 * five minutes lets the next begin; its owner has no other until it ends.
 */
export class Turns {
  private readonly owners = new Set<string>();
  private readonly waiting: Waiting[] = [];
  private running = false;

  /** @param longestMs see {@link LONGEST_MS}. */
  constructor(
    private readonly maxWaiting: number,
    private readonly longestMs = LONGEST_MS,
  ) {}

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
      let isPassedOn = false;
      const passOn = (): void => {
        if (isPassedOn) return;
        isPassedOn = true;
        this.running = false;
        this.next();
      };
      const tooLong = setTimeout(passOn, this.longestMs);
      tooLong.unref();
      try {
        return await work();
      } finally {
        clearTimeout(tooLong);
        passOn();
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

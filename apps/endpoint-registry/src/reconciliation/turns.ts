/** Why work is refused: its owner already has some here, or too much waits. */
export type TurnProblem = 'owner_is_here' | 'too_many_wait';

/** Work was not done because its caller left while it waited. */
export class LeftError extends Error {
  override readonly name = 'LeftError';
}

/**
 * Work that takes longer than this may never end, for example on a connection that the network has dropped
 * silently. The next work then begins, ms. It is more than all statements of a reconciliation may take
 * together.
 */
const LONGEST_MS = 300_000;

interface Waiting {
  readonly begin: () => void;
}

/**
 * Runs one piece of work at a time; others wait in order of arrival. Each owner has at most one piece here,
 * running or waiting, and the number of waiting pieces is limited. Work whose caller leaves is removed. If
 * work has not ended after five minutes, the next one begins; the owner of the old one gets no other until it
 * ends.
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

  /** Null when work of this owner is accepted now. */
  problem(owner: string): TurnProblem | null {
    if (this.owners.has(owner)) return 'owner_is_here';
    return this.running && this.waiting.length >= this.maxWaiting ? 'too_many_wait' : null;
  }

  /**
   * Runs the work when it is its turn. Call it only when {@link problem} is null.
   * @param left aborted when nobody needs the result any more; the work gets the same signal.
   * @throws {LeftError} when the caller left while the work waited.
   * @throws whatever the work throws.
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
    // The turn passes on at once, so that no newer caller takes it.
    this.running = true;
    next.begin();
  }
}

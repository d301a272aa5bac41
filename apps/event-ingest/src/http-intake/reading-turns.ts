/** A body of at most so many bytes is read at once: it takes few ms. */
const SMALL_BYTES = 64 * 1_024;

/**
 * Lets large bodies be read one after the other, in turn between organisations. Reading one of 4 MiB takes the process for
 * some 60 ms. Several that arrive together would hold up all other requests for the sum of that; so between two of them
 * the process does what else is due.
 */
export class ReadingTurns {
  /** What waits, by organisation, in the order of their turns. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private isBusy = false;

  /** Resolves when a body may be read; it is to be read before anything else is waited for. */
  async of(organizationId: string, bytes: number): Promise<void> {
    if (bytes <= SMALL_BYTES) return;
    await new Promise<void>((resolve) => {
      const ours = this.waiting.get(organizationId);
      if (ours) ours.push(resolve);
      else this.waiting.set(organizationId, [resolve]);
      if (this.isBusy) return;
      this.isBusy = true;
      setImmediate(() => this.next());
    });
  }

  private next(): void {
    for (const [organizationId, queue] of this.waiting) {
      // Behind the others, if it has more.
      this.waiting.delete(organizationId);
      const begin = queue.shift();
      if (queue.length > 0) this.waiting.set(organizationId, queue);
      begin?.();
      setImmediate(() => this.next());
      return;
    }
    this.isBusy = false;
  }
}

/** A body of at most this many bytes is read at once: that takes a few ms. */
const SMALL_BYTES = 64 * 1_024;

/**
 * Makes large bodies be read in turns, one after the other, with organisations alternating. Reading a body of
 * 4 MiB occupies the process for about 60 ms, in several turns. Bodies that arrive together would delay all
 * other requests by the sum. So between two turns the process does other work.
 */
export class ReadingTurns {
  /** The waiting bodies, by organisation, in the order of their turns. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private isBusy = false;

  /** Resolves when a body may be read; read it before you await anything else. */
  async of(organizationId: string, bytes: number): Promise<void> {
    if (bytes > SMALL_BYTES) await this.another(organizationId);
  }

  /** Resolves when the organisation has its next turn. */
  another(organizationId: string): Promise<void> {
    return new Promise<void>((resolve) => {
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
      // The organisation goes to the end of the line if it has more.
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

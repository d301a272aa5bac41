import type { ChainHead } from './chain.js';
import { type ChangeEntry, genesisHash, hashOf } from './entry.js';

/** What does not hold in a chain. */
export interface ChainFault {
  readonly kind: 'altered' | 'removed' | 'added';
  /** The place in the chain; of several that were removed the first. */
  readonly number: number;
  /** The last of those that were removed. */
  readonly lastNumber: number;
  /** Null of an entry that is not there. */
  readonly id: string | null;
}

/**
 * Follows the chain of an organisation, entry by entry in the order of their numbers, and says which were altered,
 * removed or put in by hand. See `docs/decisions/21` for what no chain can tell.
 */
export class ChainCheck {
  private number = 0;
  private id: string | null = null;
  /** The hash that the next entry must name; null where that entry is missing or altered, so that nobody knows. */
  private hash: string | null;
  private readonly found = new Set<number>();

  /** @param head as the organisation's row has it. */
  constructor(
    organizationId: string,
    private readonly head: ChainHead,
  ) {
    this.hash = genesisHash(organizationId);
  }

  /** What the next entry shows. */
  next(entry: ChangeEntry): ChainFault[] {
    const { number, id } = entry;
    if (number < 1 || number > this.head.count) return [this.fault('added', number, id)];
    const faults: ChainFault[] = [];
    if (number > this.number + 1) {
      faults.push(this.fault('removed', this.number + 1, null, number - 1));
      this.hash = null;
    }
    if (hashOf(entry) !== entry.hash) faults.push(this.fault('altered', number, id));
    else if (this.hash !== null && entry.previous_hash !== this.hash) {
      // This entry is as it was made, so the one before is not. Before the first there is none.
      const [at, of] = this.number === 0 ? [number, id] : [this.number, this.id];
      if (!this.found.has(at)) faults.push(this.fault('altered', at, of));
    }
    [this.number, this.id, this.hash] = [number, id, entry.hash];
    return faults;
  }

  /** What the end of the chain shows. */
  end(): ChainFault[] {
    const { count, hash } = this.head;
    if (this.number < count) return [this.fault('removed', this.number + 1, null, count)];
    if (count === 0 || this.hash === hash || this.found.has(this.number)) return [];
    return [this.fault('altered', this.number, this.id)];
  }

  private fault(
    kind: ChainFault['kind'],
    number: number,
    id: string | null,
    lastNumber: number = number,
  ): ChainFault {
    this.found.add(number);
    return { kind, number, lastNumber, id };
  }
}

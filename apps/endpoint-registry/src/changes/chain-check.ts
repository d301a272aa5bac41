import type { ChainHead } from './chain.js';
import { type ChangeEntry, genesisHash, hashOf } from './entry.js';

/** A fault of a chain. */
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
 * Checks the chain of an organisation, entry by entry in the order of their numbers, and reports the entries that were
 * altered, removed or added by hand. `docs/decisions/21` lists what no chain can show.
 */
export class ChainCheck {
  private number = 0;
  private id: string | null = null;
  /** The hash that the next entry must name; null if it cannot be known, because entries are missing. */
  private hash: string | null;
  private readonly found = new Set<number>();

  /** @param head as the organisation's row has it. */
  constructor(
    organizationId: string,
    private readonly head: ChainHead,
  ) {
    this.hash = genesisHash(organizationId);
  }

  /** @returns the faults that the next entry shows. */
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

  /** @returns the faults that the end of the chain shows. */
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

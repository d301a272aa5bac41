import { randomInt } from 'node:crypto';

/** The words of 32 bits in an entry of 16 bytes. */
const WORDS = 4;
const FREE = 0;
const SMALLEST = 256;

/** An entry of 16 bytes as four words. */
type EntryWords = readonly [number, number, number, number];

/** @param entry text of 16 characters that each stand for one byte; what a shorter one lacks counts as zeros. */
function wordsOf(entry: string): EntryWords {
  return [wordAt(entry, 0), wordAt(entry, 4), wordAt(entry, 8), wordAt(entry, 12)];
}

function wordAt(entry: string, at: number): number {
  return (
    entry.charCodeAt(at) |
    (entry.charCodeAt(at + 1) << 8) |
    (entry.charCodeAt(at + 2) << 16) |
    (entry.charCodeAt(at + 3) << 24)
  );
}

/**
 * Two odd numbers of 32 bits that say where an entry belongs. A producer can try event ids until their entries lie where it
 * wants, so the numbers are secret: entries that lay close together would make the table slow for all.
 */
export type Multipliers = readonly [number, number];

function secretMultipliers(): Multipliers {
  return [randomInt(2 ** 31) * 2 + 1, randomInt(2 ** 31) * 2 + 1];
}

/**
 * The newest `limit` entries, each with the digest of its event: a hash table with open addressing over a ring, with
 * multiplicative hashing. It consists of typed arrays in which the garbage collector has nothing to visit: 30 bytes an
 * entry when it is full, up to twice that when its room has just been doubled.
 */
export class DedupeTable {
  private count = 0;
  /** The place of the oldest entry. It moves once the limit is reached. */
  private oldest = 0;
  private capacity: number;
  private words: Int32Array;
  private digests: Int32Array;
  /** 1 where the digest is known. */
  private digested: Uint8Array;
  /**
   * The place of an entry plus 1, in the slot of its hash or in one after it. At least half of the slots are {@link FREE}.
   */
  private slots: Int32Array;

  constructor(
    private readonly limit: number,
    private readonly multipliers: Multipliers = secretMultipliers(),
  ) {
    this.capacity = Math.min(limit, SMALLEST);
    this.words = new Int32Array(this.capacity * WORDS);
    this.digests = new Int32Array(this.capacity);
    this.digested = new Uint8Array(this.capacity);
    this.slots = slotsFor(this.capacity);
  }

  get size(): number {
    return this.count;
  }

  has(entry: string): boolean {
    return this.slots[this.slotOf(wordsOf(entry))] !== FREE;
  }

  /** The digest of an entry: null when none was recorded, undefined when the entry is not known. */
  digestOf(entry: string): number | null | undefined {
    const used = this.slots[this.slotOf(wordsOf(entry))] ?? FREE;
    if (used === FREE) return undefined;
    return this.digested[used - 1] === 1 ? this.digests[used - 1] : null;
  }

  /** Adds an entry and forgets the oldest one beyond the limit. A known entry keeps its age and gets this digest. */
  set(entry: string, digest: number | null): void {
    const words = wordsOf(entry);
    const known = this.slots[this.slotOf(words)] ?? FREE;
    const place = known === FREE ? this.add(words) : known - 1;
    this.digested[place] = digest === null ? 0 : 1;
    this.digests[place] = digest ?? 0;
  }

  private add(entry: EntryWords): number {
    if (this.count === this.limit) this.forgetOldest();
    else if (this.count === this.capacity) this.grow();
    const place = (this.oldest + this.count) % this.capacity;
    this.words.set(entry, place * WORDS);
    this.slots[this.slotOf(entry)] = place + 1;
    this.count += 1;
    return place;
  }

  /** The slot that has the entry, or the free one where it belongs. */
  private slotOf(entry: EntryWords): number {
    const { slots } = this;
    const mask = slots.length - 1;
    for (let slot = this.home(entry[0], entry[1]); ; slot = (slot + 1) & mask) {
      const used = slots[slot] ?? FREE;
      if (used === FREE || this.isAt(used - 1, entry)) return slot;
    }
  }

  private isAt(place: number, [a, b, c, d]: EntryWords): boolean {
    const { words } = this;
    const at = place * WORDS;
    return words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d;
  }

  private forgetOldest(): void {
    const [a = 0, b = 0, c = 0, d = 0] = this.words.subarray(this.oldest * WORDS, (this.oldest + 1) * WORDS);
    this.free(this.slotOf([a, b, c, d]));
    this.oldest = (this.oldest + 1) % this.capacity;
    this.count -= 1;
  }

  /** Frees a slot. What was pushed behind it moves up, so that a free slot always ends a search. */
  private free(slot: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let gap = slot;
    for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
      const used = slots[next] ?? FREE;
      if (used === FREE) break;
      const home = this.homeOf(used - 1);
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      slots[gap] = used;
      gap = next;
    }
    slots[gap] = FREE;
  }

  private homeOf(place: number): number {
    const { words } = this;
    return this.home(words[place * WORDS] ?? 0, words[place * WORDS + 1] ?? 0);
  }

  /** The slot where an entry with these first words belongs. */
  private home(a: number, b: number): number {
    // The highest bits of the sum, as many as the number of a slot has.
    const leftOut = Math.clz32(this.slots.length - 1);
    return (Math.imul(a, this.multipliers[0]) + Math.imul(b, this.multipliers[1])) >>> leftOut;
  }

  /** Doubles the room. Below the limit nothing was forgotten, so that the entries are in their order. */
  private grow(): void {
    this.capacity = Math.min(this.limit, this.capacity * 2);
    this.words = copied(this.words, new Int32Array(this.capacity * WORDS));
    this.digests = copied(this.digests, new Int32Array(this.capacity));
    this.digested = copied(this.digested, new Uint8Array(this.capacity));
    this.slots = slotsFor(this.capacity);
    const mask = this.slots.length - 1;
    for (let place = 0; place < this.count; place += 1) {
      let slot = this.homeOf(place);
      while (this.slots[slot] !== FREE) slot = (slot + 1) & mask;
      this.slots[slot] = place + 1;
    }
  }
}

function slotsFor(capacity: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
}

function copied<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

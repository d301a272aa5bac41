import { randomBytes } from 'node:crypto';

import { type ChangeEntry, genesisHash, hashOf } from './entry.js';

/** Where the chain of an organisation ends. */
export interface ChainHead {
  /** How many entries it has. */
  readonly count: number;
  /** The hash of the last; null when it has none. */
  readonly hash: string | null;
  /** When the last was made, ms since the epoch; null when it has none. */
  readonly at: number | null;
}

/** What an entry says, before it has its place in the chain. */
export type Draft = Omit<ChangeEntry, 'id' | 'number' | 'created_at' | 'previous_hash' | 'hash'>;

/**
 * Appends entries to the chain of an organisation. Their time is never earlier than that of the entry before, whatever
 * clocks do, so that the order of times and ids is that of the chain.
 * @param now ms since the epoch, by a clock that all instances share.
 */
export function chained(
  organizationId: string,
  head: ChainHead,
  drafts: readonly Draft[],
  now: number,
): { readonly entries: readonly ChangeEntry[]; readonly head: ChainHead } {
  const at = Math.max(now, head.at ?? now);
  let [count, hash] = [head.count, head.hash];
  const entries = drafts.map((draft) => {
    count += 1;
    const content = {
      id: orderedId(at, count, randomBytes(6)),
      number: count,
      created_at: new Date(at).toISOString(),
      ...draft,
      previous_hash: hash ?? genesisHash(organizationId),
    };
    hash = hashOf(content);
    return { ...content, hash };
  });
  return { entries, head: { count, hash, at: entries.length > 0 ? at : head.at } };
}

const COUNTER_BITS_OF_A = 12n;
const COUNTER_BITS_OF_B = 20n;
const RANDOM_BITS = 42n;

/**
 * A UUID of version 7 with a counter of 32 bits behind its time (RFC 9562 §5.7 and §6.2, method 1): of one chain they
 * sort as their entries do.
 * @param at ms since the epoch. @param random 6 bytes, of which 42 bits are used.
 */
export function orderedId(at: number, number: number, random: Buffer): string {
  const counter = BigInt.asUintN(32, BigInt(number));
  const high = (BigInt(at) << 16n) | (7n << COUNTER_BITS_OF_A) | (counter >> COUNTER_BITS_OF_B);
  const rest = BigInt.asUintN(Number(RANDOM_BITS), BigInt(`0x${random.toString('hex')}`));
  const low = (2n << 62n) | (BigInt.asUintN(Number(COUNTER_BITS_OF_B), counter) << RANDOM_BITS) | rest;
  const hex = ((high << 64n) | low).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

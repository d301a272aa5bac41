import type { LedgerPlace } from './entry-count.js';

/** A record of the ledger that says its place. */
export interface PlacedRecord {
  readonly offset: bigint;
  readonly place: LedgerPlace;
}

/** How far back and how exactly a beginning is searched. */
export interface BeginningLimits {
  /** How many entries a new owner has to know. */
  readonly entries: number;
  /** The search ends when no more offsets are left: to read them costs less than to search on. */
  readonly near: bigint;
}

export const BEGINNING_LIMITS: BeginningLimits = { entries: 1_000_000, near: 2_000n };

/**
 * Where a new owner begins to read a ledger: before the newest entries that it has to know, and before all that is said of
 * open events. The place is found by bisection. Where records do not say their place, reading begins earlier.
 * @param from where reading begins otherwise.
 * @param last the last record that says its place.
 * @param placed the first record that says its place, at an offset or a little behind it; null when none does.
 */
export async function ledgerBeginning(
  from: bigint,
  last: PlacedRecord,
  placed: (offset: bigint) => Promise<PlacedRecord | null>,
  limits = BEGINNING_LIMITS,
): Promise<bigint> {
  if (last.offset - from <= limits.near) return from;
  const wanted = Math.min(last.place.openSince, last.place.entries - limits.entries);
  const first = await placed(from);
  if (first !== null && first.place.entries >= wanted) return from;
  let [beginning, end] = [from, last.offset];
  while (end - beginning > limits.near) {
    const middle = (beginning + end) / 2n;
    const found = await placed(middle);
    // What tells of an event may leave the number of entries as it is, so an equal number is not enough.
    if (found !== null && found.offset < end && found.place.entries < wanted) beginning = found.offset;
    else end = middle;
  }
  return beginning;
}

import type { Arrival } from '@skillora/load';

/** How the events of a backlog arrived. */
export interface BacklogOrder {
  /** How many of them did not arrive. */
  readonly missing: number;
  readonly repeated: number;
  /** How many arrived after a later one. */
  readonly late: number;
  /** The most later ones that arrived before one. */
  readonly mostOvertaken: number;
}

/**
 * Compares the first arrivals of events with the order in which they were published. Attempts run side by side, so a few
 * that begin in order arrive in another one.
 */
export function backlogOrder(published: readonly string[], arrivals: readonly Arrival[]): BacklogOrder {
  const places = new Map(published.map((mark, place) => [mark, place]));
  const seen = new Set<number>();
  let [repeated, late, mostOvertaken, begun] = [0, 0, 0, 0];
  for (const { mark } of arrivals) {
    const place = places.get(mark);
    if (place === undefined) continue;
    if (seen.has(place)) {
      repeated += 1;
      continue;
    }
    seen.add(place);
    begun = Math.max(begun, place + 1);
    // Of those up to the latest that has arrived, some have not: that many at most were overtaken by it.
    const overtakenBy = begun - place - 1;
    if (overtakenBy > 0) late += 1;
    mostOvertaken = Math.max(mostOvertaken, overtakenBy);
  }
  return { missing: published.length - seen.size, repeated, late, mostOvertaken };
}

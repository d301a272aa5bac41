import { setImmediate as nextTurn } from 'node:timers/promises';

/** After so much work others get their turn, ms: requests over HTTP, heartbeats, other partitions. */
const TURN_MS = 20;

/**
 * Maps items in their order, and lets others work in between: a batch of Kafka holds so much that reading it at one go
 * would hold up all else that the process does.
 * @param now the clock, ms.
 */
export async function mapInTurns<T, R>(
  items: readonly T[],
  map: (item: T) => R,
  now: () => number = () => performance.now(),
): Promise<R[]> {
  const results: R[] = [];
  let began = now();
  for (const item of items) {
    if (now() - began >= TURN_MS) {
      await nextTurn();
      began = now();
    }
    results.push(map(item));
  }
  return results;
}

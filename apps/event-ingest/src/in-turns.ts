import { setImmediate as nextTurn } from 'node:timers/promises';

/** After working for this long, other work gets its turn, ms: HTTP requests, heartbeats, other partitions. */
const TURN_MS = 10;

/**
 * Maps items in order, and lets other work run in between: reading a whole batch at once would delay
 * everything else in the process.
 * @param rest resolves when the next turn may begin.
 * @param now the clock, ms.
 */
export async function mapInTurns<T, R>(
  items: Iterable<T>,
  map: (item: T) => R,
  rest: () => Promise<unknown> = nextTurn,
  now: () => number = () => performance.now(),
): Promise<R[]> {
  const results: R[] = [];
  let began = now();
  for (const item of items) {
    if (now() - began >= TURN_MS) {
      await rest();
      began = now();
    }
    results.push(map(item));
  }
  return results;
}

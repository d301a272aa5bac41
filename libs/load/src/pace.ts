import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 2;

/**
 * Yields how many events are due as time passes: `perSecond` a second for `seconds`, exactly that number in
 * total, however late its caller comes back. Ends early when `signal` aborts.
 */
export async function* pace(
  perSecond: number,
  seconds: number,
  signal?: AbortSignal,
): AsyncGenerator<number, void, void> {
  const began = performance.now();
  const total = Math.round(perSecond * seconds);
  for (let given = 0; given < total && signal?.aborted !== true;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond)) - given;
    if (due > 0) {
      given += due;
      yield due;
    }
    await delay(TICK_MS);
  }
}

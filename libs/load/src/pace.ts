import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 2;

/**
 * Says, as time passes, how many events are due: `perSecond` a second for `seconds`, neither more nor fewer in all, however
 * late its caller comes back. Ends early when `signal` aborts.
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

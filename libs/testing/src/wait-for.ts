import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;

/**
 * Resolves with the first answer of `look` that is not null, undefined or false; looks again 20 ms after each look.
 * @param what the awaited thing, for the error message.
 * @throws {Error} when `timeoutMs` have passed, by default five minutes, or when `look` throws.
 */
export async function waitFor<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  what = 'the awaited condition',
  timeoutMs = 300_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await delay(EVERY_MS);
  }
}

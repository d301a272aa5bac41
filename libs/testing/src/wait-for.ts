import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;
/**
 * How long a wait lasts unless it says otherwise, ms. It says what did not come about before Jest ends a test that needs
 * engines (after ten minutes), and is no limit that a slow machine reaches while it still makes progress.
 */
export const PATIENCE_MS = 540_000;

/**
 * Resolves with the first answer of `look` that is not null, undefined or false; looks again 20 ms after each look.
 * @param what the awaited thing, for the error message.
 * @throws {Error} when `timeoutMs` have passed, by default {@link PATIENCE_MS}, or when `look` throws.
 */
export async function waitFor<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  what = 'the awaited condition',
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await delay(EVERY_MS);
  }
}

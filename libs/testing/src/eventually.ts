import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves when `expectation` no longer throws; rejects with what it throws last when that takes longer than
 * `ms`.
 */
export async function eventually(expectation: () => void | Promise<void>, ms = 120_000): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';

import { PATIENCE_MS } from './wait-for.js';

/**
 * Resolves when `expectation` no longer throws; rejects with what it throws last when that takes longer than
 * `ms`, by default {@link PATIENCE_MS}.
 */
export async function eventually(expectation: () => void | Promise<void>, ms = PATIENCE_MS): Promise<void> {
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

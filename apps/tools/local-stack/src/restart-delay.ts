const FIRST_MS = 500;
const GREATEST_MS = 10_000;

/** The wait before the nth restart in a row (0-based), ms: 0.5 s, doubled each time, 10 s at most. */
export function restartDelayMs(restart: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(restart, 16), GREATEST_MS);
}

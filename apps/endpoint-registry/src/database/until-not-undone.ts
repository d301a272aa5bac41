/**
 * deadlock_detected and serialization_failure: PostgreSQL undid a transaction that may succeed when run
 * again.
 */
const UNDONE_BY_CONCURRENCY = new Set(['40P01', '40001']);
const MAX_RUNS = 10;

/**
 * Runs a transaction, and again when PostgreSQL undid it because another one was in its way.
 * @param run makes the whole transaction.
 * @throws what the last of ten runs throws, and every other error at once.
 */
export async function untilNotUndone<T>(run: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs += 1) {
    try {
      return await run();
    } catch (error) {
      if (runs === MAX_RUNS || !UNDONE_BY_CONCURRENCY.has((error as { code?: string }).code ?? ''))
        throw error;
    }
  }
}

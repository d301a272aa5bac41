import { setTimeout as delay } from 'node:timers/promises';

/** The pauses between tries: the first one, then each twice as long as the one before, up to the longest, ms. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** The pause after a number of failures that came before the latest one, ms. */
export function backoffMs(failuresBefore: number, { firstMs, mostMs }: Backoff): number {
  return Math.min(mostMs, firstMs * 2 ** failuresBefore);
}

export interface TriesOptions extends Backoff {
  /**
   * Called after each failure, with the number of failures before it. It throws when nothing shall be tried
   * any more.
   */
  readonly onFailure: (error: unknown, failuresBefore: number) => void;
  /** Whether a pause keeps the process running; default: no, since the work is that of a running service. */
  readonly keepsRunning?: boolean;
}

/** Tries until it succeeds, with pauses. Rejects with what `onFailure` throws. */
export async function tryUntilDone<T>(work: () => Promise<T>, options: TriesOptions): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      options.onFailure(error, failures);
      await delay(backoffMs(failures, options), undefined, { ref: options.keepsRunning ?? false });
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm passes Ctrl-C on to a script that has already got it from the terminal, so one key press can arrive
 * twice. A second key press of a person comes later than this, ms.
 */
const SAME_REQUEST_MS = 500;

/**
 * Calls `first` when the process is asked to end (Ctrl-C, SIGTERM, closed terminal), and `again` when asked
 * once more.
 */
export function onEndRequest(
  first: () => void,
  again: () => void,
  now: () => number = Date.now,
  signals: Pick<NodeJS.EventEmitter, 'on'> = process,
): void {
  let firstAt: number | null = null;
  for (const signal of SIGNALS) {
    signals.on(signal, () => {
      if (firstAt === null) {
        firstAt = now();
        first();
      } else if (now() - firstAt > SAME_REQUEST_MS) {
        again();
      }
    });
  }
}

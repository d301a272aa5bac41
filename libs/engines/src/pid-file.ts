import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { processIdentity } from './process-identity.js';

/** A recorded process: its pid, and what distinguishes it from a later process with the same pid. */
export interface RecordedProcess {
  readonly pid: number;
  readonly identity: string;
}

const POLL_MS = 50;

/** Reads a {@link RecordedProcess}; null when the file is absent or invalid. */
export function readPidFile(path: string): RecordedProcess | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<RecordedProcess> | null;
    return typeof value?.pid === 'number' && typeof value.identity === 'string'
      ? { pid: value.pid, identity: value.identity }
      : null;
  } catch {
    return null;
  }
}

/** Records a running process. Nothing is written when it has already ended. */
export function writePidFile(path: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity !== null) writeFileSync(path, JSON.stringify({ pid, identity }), { mode: 0o600 });
}

/** True while exactly the recorded process runs. */
export function isRunning(recorded: RecordedProcess): boolean {
  return processIdentity(recorded.pid) === recorded.identity;
}

/**
 * Ends the process in a pid file if it still runs, left behind by an earlier start that was killed.
 * `patienceMs` passes before each further signal; the file is removed.
 * @returns the pid that was ended, or null when there was nothing to end.
 */
export async function endOrphan(
  pidFile: string,
  signals: readonly NodeJS.Signals[],
  patienceMs: number,
): Promise<number | null> {
  const recorded = readPidFile(pidFile);
  const orphaned = recorded !== null && isRunning(recorded);
  if (orphaned) {
    for (const signal of [...signals, 'SIGKILL' as const]) {
      try {
        process.kill(recorded.pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') break;
        throw new Error(
          `process ${recorded.pid} of an earlier run still runs and cannot be ended; end it first`,
          {
            cause: error,
          },
        );
      }
      const deadline = Date.now() + patienceMs;
      while (Date.now() < deadline && isRunning(recorded)) await sleep(POLL_MS);
      if (!isRunning(recorded)) break;
    }
  }
  rmSync(pidFile, { force: true });
  return orphaned ? recorded.pid : null;
}

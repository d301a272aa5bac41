import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { SystemPart } from './system-part.js';

const run = promisify(execFile);

/** Why a full disk cannot be had on this machine; null where it can. */
export async function noFullDiskHere(): Promise<string | null> {
  try {
    await run('prlimit', ['--version']);
    return null;
  } catch {
    return 'prlimit (util-linux) is not there';
  }
}

/**
 * Lets the disk of a part be full until `end` is settled: whatever it writes, and whatever writes once it has been started again, fails
 * as it does for want of space. Done by its limit on the size of files (EFBIG for ENOSPC), which needs no rights and
 * leaves everybody else's disk alone. Resolves when there is room again.
 */
export async function withFullDisk(part: SystemPart, end: Promise<unknown>): Promise<void> {
  let ended = false;
  const done = (): void => void (ended = true);
  void end.then(done, done);
  let limited: number | undefined;
  while (!ended) {
    const { pid } = part;
    if (pid !== undefined && pid !== limited) {
      await run('prlimit', ['--pid', String(pid), '--fsize=1:unlimited']).catch(() => undefined);
      limited = pid;
    }
    await delay(100);
  }
  const { pid } = part;
  if (pid !== undefined) {
    await run('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']).catch(() => undefined);
  }
  await part.returned();
}

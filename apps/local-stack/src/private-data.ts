import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in a data folder: nobody else has anything to read there. */
const CONTENTS = ['kafka', 'logs', 'run'] as const;
/** Stands in each data folder that an earlier start made. */
const MARK = 'local-stack.json';

/**
 * Makes the data folder, where it is not there yet, and keeps it and all that this process and those it starts will write
 * from others of the machine: bodies of events, secrets, logs. What an earlier release left open is closed.
 *
 * PostgreSQL does not run as root. Its account has to pass the folder on the way to its own, which it may, without
 * reading any.
 */
export function keepPrivate(dataDir: string): void {
  const isRoot = process.getuid?.() === 0;
  process.umask(isRoot ? 0o066 : 0o077);
  // A folder that others write to as well is none of ours, whatever is in it.
  const isOurs = !existsSync(dataDir) || (existsSync(join(dataDir, MARK)) && !isSharedFolder(dataDir));
  mkdirSync(dataDir, { recursive: true });
  if (isOurs) chmodSync(dataDir, isRoot ? 0o711 : 0o700);
  for (const name of CONTENTS) {
    const folder = join(dataDir, name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
  }
}

function isSharedFolder(path: string): boolean {
  return (statSync(path).mode & 0o022) !== 0;
}

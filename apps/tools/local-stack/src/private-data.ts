import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Permissions for a data folder that nobody else may read. */
const CONTENTS = ['kafka', 'logs', 'run'] as const;
/** A file in each data folder that an earlier start created. */
const MARK = 'local-stack.json';

/**
 * Creates the data folder if it does not exist. Protects it, and everything that this process and its
 * children write into it, from other users of the machine: bodies of events, secrets, logs. Files that an
 * earlier release left readable are protected too. PostgreSQL does not run as root: its account may pass
 * through the folder to its own data, without reading anything.
 */
export function keepPrivate(dataDir: string): void {
  const isRoot = process.getuid?.() === 0;
  process.umask(isRoot ? 0o066 : 0o077);
  // A folder that others can write to is refused, whatever is in it.
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

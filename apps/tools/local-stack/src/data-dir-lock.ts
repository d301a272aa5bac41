import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isRunning, processIdentity, type RecordedProcess } from '@skillora/engines';

import { CannotStart } from './cannot-start.js';

/** Another running stack holds the lock of a data folder. */
export class DataDirInUse extends CannotStart {
  constructor(dataDir: string, holder: RecordedProcess) {
    super(
      `another local stack (pid ${holder.pid}) runs on ${dataDir}: end it first, or set DATA_DIR to another folder`,
    );
  }
}

const ATTEMPTS = 20;

/** Marks a data folder as in use, so that no two stacks run on the same data. */
export class DataDirLock {
  private constructor(private readonly file: string) {}

  /**
   * Takes the lock. A lock whose process has ended is taken over.
   * @throws {DataDirInUse} when a running stack holds it.
   */
  static acquire(dataDir: string): DataDirLock {
    const file = join(dataDir, 'local-stack.lock');
    const own = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
    const holder: RecordedProcess = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
    writeFileSync(own, JSON.stringify(holder), { mode: 0o600 });
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        // A link appears together with its content, and only if there was none before.
        if (link(own, file)) return new DataDirLock(file);
        const text = read(file);
        if (text === null) continue;
        const other = parseHolder(text);
        if (other !== null && isRunning(other)) throw new DataDirInUse(dataDir, other);
        putAside(file, text);
      }
      throw new CannotStart(`the lock ${file} is taken and released all the time: try again`);
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Releases the lock. */
  release(): void {
    rmSync(this.file, { force: true });
  }
}

/** The process in a lock's text; null when the text is invalid, which makes the lock stale. */
export function parseHolder(text: string): RecordedProcess | null {
  try {
    const value = JSON.parse(text) as Partial<RecordedProcess> | null;
    return typeof value?.pid === 'number' && typeof value.identity === 'string'
      ? { pid: value.pid, identity: value.identity }
      : null;
  } catch {
    return null;
  }
}

/** Removes the stale lock and no other: another process may have taken it over since it was read. */
function putAside(file: string, stale: string): void {
  const aside = `${file}.stale-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== stale) link(aside, file);
  rmSync(aside, { force: true });
}

function link(existing: string, name: string): boolean {
  try {
    linkSync(existing, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import type { Command } from './owned-process.js';

const run = promisify(execFile);

/** The account under which PostgreSQL's programs run. */
export interface DatabaseAccount {
  /** Null to run them as the present user. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
  /** Makes a command run under this account. */
  as(file: string, args: readonly string[]): Command;
}

/**
 * Chooses the account for PostgreSQL, which refuses to run as root. As root, its programs run as the owner of
 * existing data, else as `postgres` if that account exists, else as `nobody`; no account is created. If that
 * account cannot reach the program or the data (for example in root's home), util-linux' setpriv lets it pass
 * through folders that it may not enter.
 * @throws when neither works; the message says what to do.
 */
export async function databaseAccount(dataFolder: string, programFolder: string): Promise<DatabaseAccount> {
  if (process.getuid?.() !== 0) return { ids: null, as: (file, args) => ({ file, args, cwd: '/' }) };
  const ids = (await ownerOf(dataFolder)) ?? (await account('postgres')) ?? (await account('nobody'));
  if (ids === null) {
    throw new Error(
      'PostgreSQL does not run as root and there is no account nobody to run it as; run as another user or set DATABASE_URL',
    );
  }
  const blocked = (await firstBlocked(dirname(dataFolder), ids)) ?? (await firstBlocked(programFolder, ids));
  if (blocked === null) return { ids, as: (file, args) => ({ file, args, cwd: '/', ...ids }) };

  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  if (setpriv === undefined) {
    throw new Error(
      `PostgreSQL does not run as root, and uid ${ids.uid} cannot enter ${blocked}; run as another user, move the ` +
        'project and DATA_DIR to a folder open to all, or set DATABASE_URL',
    );
  }
  // access(2) ignores capabilities of other users' processes unless no_setuid_fixup is set.
  const privileges = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ];
  return { ids, as: (file, args) => ({ file: setpriv, args: [...privileges, file, ...args], cwd: '/' }) };
}

async function ownerOf(path: string): Promise<DatabaseAccount['ids']> {
  try {
    const { uid, gid } = await stat(path);
    return uid === 0 ? null : { uid, gid };
  } catch {
    return null;
  }
}

async function account(name: string): Promise<DatabaseAccount['ids']> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/**
 * The first folder on the way to `path`, itself included, that the account may not enter; null when there is
 * none.
 */
async function firstBlocked(path: string, ids: { uid: number; gid: number }): Promise<string | null> {
  const parent = dirname(path);
  const above = parent === path ? null : await firstBlocked(parent, ids);
  if (above !== null) return above;
  const { mode, uid, gid } = await stat(path);
  const pass = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001;
  return (mode & pass) === 0 ? path : null;
}

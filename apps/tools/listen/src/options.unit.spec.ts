import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readOptions } from './options.js';
import { Hopeless } from './problems.js';

const GIVEN = { forward: 'http://localhost:3000/hook', api: 'http://127.0.0.1:3000' };
const ENV = { SKILLORA_API_TOKEN: 'a-token' };

function problem(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof Hopeless && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error('nothing is refused');
}

describe('the token', () => {
  const folder = mkdtempSync(join(tmpdir(), 'listen-options-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const fileWith = (text: string): string => {
    const file = join(folder, 'token');
    writeFileSync(file, text);
    return file;
  };

  it('comes from the environment, or from a file, which goes first', () => {
    expect(readOptions(GIVEN, ENV).token).toBe('a-token');
    expect(readOptions({ ...GIVEN, tokenFile: fileWith('from-file\n') }, ENV).token).toBe('from-file');
  });

  it.each([
    ['is missing', () => readOptions(GIVEN, {}), /^no API token: set SKILLORA_API_TOKEN/],
    ['is in an empty file', () => readOptions({ ...GIVEN, tokenFile: fileWith(' \n') }, ENV), /empty/],
    [
      'is in a file that does not exist',
      () => readOptions({ ...GIVEN, tokenFile: join(folder, 'none') }, ENV),
      /cannot be read \(ENOENT\)/,
    ],
    ['is two words', () => readOptions(GIVEN, { SKILLORA_API_TOKEN: 'a b' }), /one word/],
  ])('that %s is refused in one line', (_, read, expected) => {
    expect(problem(read)).toMatch(expected);
  });
});

describe('an address', () => {
  it.each(['nowhere', 'ftp://localhost/', '', 'localhost:3000'])('may not be %j', (text) => {
    expect(problem(() => readOptions({ ...GIVEN, forward: text }, ENV))).toMatch(
      /^--forward must be an http/,
    );
    expect(problem(() => readOptions({ ...GIVEN, api: text }, ENV))).toMatch(/^--api must be an http/);
  });

  it('may not hold credentials', () => {
    const forward = 'http://user:pass@localhost/';
    expect(problem(() => readOptions({ ...GIVEN, forward }, ENV))).toMatch(
      /without a user name and password/,
    );
  });
});

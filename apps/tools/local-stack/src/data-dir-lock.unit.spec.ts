import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { processIdentity } from '@skillora/engines';

import { DataDirInUse, DataDirLock, parseHolder } from './data-dir-lock.js';

describe('the lock on a data folder', () => {
  let folder: string;
  const file = (): string => join(folder, 'local-stack.lock');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skillora-lock-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is held by one at a time, and the second is told by whom', () => {
    const lock = DataDirLock.acquire(folder);
    expect(() => DataDirLock.acquire(folder)).toThrow(DataDirInUse);
    expect(() => DataDirLock.acquire(folder)).toThrow(`(pid ${process.pid})`);
    lock.release();
    DataDirLock.acquire(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, identity: 'boot:1' })],
    [
      'an earlier process that had the pid of one that runs',
      JSON.stringify({ pid: process.pid, identity: 'boot:1' }),
    ],
    ['nobody, as its text was never written', ''],
    ['something else', '{"pid":"seven"}'],
  ])('is taken over from %s', (_, text) => {
    writeFileSync(file(), text);
    const lock = DataDirLock.acquire(folder);
    expect(parseHolder(readFileSync(file(), 'utf8'))).toEqual({
      pid: process.pid,
      identity: processIdentity(process.pid),
    });
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { keepPrivate } from './private-data.js';

const usual = process.umask(0o022);
let root: string;
let dataDir: string;

beforeEach(() => {
  process.umask(0o022);
  root = mkdtempSync(join(tmpdir(), 'skillora-private-'));
  dataDir = join(root, 'data');
});

afterEach(() => {
  process.umask(usual);
  rmSync(root, { recursive: true });
});

const READING_BY_OTHERS = 0o044;
const modeOf = (...path: string[]): number => statSync(join(...path)).mode & 0o777;

describe('the data folder', () => {
  it('cannot be read by others, nor what is written there afterwards', () => {
    keepPrivate(dataDir);
    writeFileSync(join(dataDir, 'file'), 'x');
    mkdirSync(join(dataDir, 'folder'));
    for (const path of ['', 'file', 'folder', 'kafka', 'logs', 'run']) {
      expect([path, modeOf(dataDir, path) & READING_BY_OTHERS]).toEqual([path, 0]);
    }
    expect(modeOf(dataDir, 'kafka')).toBe(0o700);
  });

  it('is closed when an earlier release left it open', () => {
    mkdirSync(join(dataDir, 'kafka'), { recursive: true });
    mkdirSync(join(dataDir, 'logs'));
    writeFileSync(join(dataDir, 'local-stack.json'), '{}');
    keepPrivate(dataDir);
    for (const path of ['', 'kafka', 'logs']) {
      expect([path, modeOf(dataDir, path) & READING_BY_OTHERS]).toEqual([path, 0]);
    }
  });

  it('stays as it is where others use the folder too, but for what is ours in it', () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'local-stack.json'), '{}');
    chmodSync(dataDir, 0o777);
    keepPrivate(dataDir);
    expect(modeOf(dataDir)).toBe(0o777);
    expect(modeOf(dataDir, 'kafka')).toBe(0o700);
  });
});

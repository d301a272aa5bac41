import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseDuration } from './duration.js';
import {
  duration,
  flag,
  list,
  oneOf,
  port,
  readSettings,
  setting,
  SettingsError,
  text,
  wholeNumber,
} from './settings.js';

const declared = {
  port: setting('PORT', port, '3000'),
  brokers: setting('BROKERS', list(text), 'a:1,b:2'),
  delays: setting('DELAYS', list(duration(0, 3_600_000)), '1m,5m'),
  open: setting('OPEN', flag, 'false'),
  level: setting('LEVEL', oneOf('low', 'high'), 'low'),
  count: setting('COUNT', wholeNumber(1, 5), '2'),
};

describe('settings', () => {
  it('fall back to their defaults when not set', () => {
    expect(readSettings(declared, {})).toEqual({
      port: 3000,
      brokers: ['a:1', 'b:2'],
      delays: [60_000, 300_000],
      open: false,
      level: 'low',
      count: 2,
    });
  });

  it.each(['PORT', 'BROKERS', 'DELAYS', 'OPEN', 'LEVEL', 'COUNT'])(
    'refuse %s= rather than take the default for it',
    (variable) => {
      expect(() => readSettings(declared, { [variable]: '' })).toThrow(
        `bad settings: ${variable} is set and empty; unset it for its default, or give a value`,
      );
    },
  );

  it('are empty where their default is, or where they say what that means', () => {
    const more = {
      none: setting('NONE', list(text), ''),
      asNotSet: setting('AS_NOT_SET', text, 'none', 'unset'),
      nothing: setting('NOTHING', list(text), 'a,b', 'value'),
    };
    const empty = { NONE: '', AS_NOT_SET: '', NOTHING: '' };
    expect(readSettings(more, empty)).toEqual({ none: [], asNotSet: 'none', nothing: [] });
    expect(readSettings(more, {})).toEqual({ none: [], asNotSet: 'none', nothing: ['a', 'b'] });
  });

  it('that must be given are not given by being empty', () => {
    const needed = { key: setting('KEY', text) };
    expect(() => readSettings(needed, { KEY: '' })).toThrow('bad settings: KEY is empty, and must be given');
  });

  it('refuse a list of nothing where it must hold something', () => {
    const brokers = { brokers: setting('BROKERS', list(text, 1), 'a:1') };
    expect(() => readSettings(brokers, { BROKERS: ' , ' })).toThrow(
      'bad settings: BROKERS must be a comma-separated list of one or more',
    );
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', '1e3'],
    ['DELAYS', '1m,soon'],
    ['DELAYS', '2h'],
    ['OPEN', 'yes'],
    ['LEVEL', 'medium'],
    ['COUNT', '6'],
    ['COUNT', '-1'],
  ])('refuse %s=%s and say so by name', (variable, value) => {
    expect(() => readSettings(declared, { [variable]: value })).toThrow(
      new RegExp(`^bad settings: ${variable} must be`),
    );
  });

  it('are read from the file that a variable with _FILE names, unless they are given themselves', () => {
    const folder = mkdtempSync(join(tmpdir(), 'skillora-settings-'));
    try {
      const file = join(folder, 'port');
      writeFileSync(file, '4000\n');
      expect(readSettings(declared, { PORT_FILE: file }).port).toBe(4_000);
      expect(readSettings(declared, { PORT_FILE: file, PORT: '5000' }).port).toBe(5_000);
      expect(() => readSettings(declared, { PORT_FILE: join(folder, 'absent') })).toThrow(
        'bad settings: PORT_FILE names a file that cannot be read (ENOENT)',
      );
      expect(readSettings(declared, { PORT_FILE: file, PORT: '' }).port).toBe(4_000);
      expect(() => readSettings(declared, { PORT_FILE: '' })).toThrow('PORT_FILE is set and empty');
      writeFileSync(file, '\n');
      expect(() => readSettings(declared, { PORT_FILE: file })).toThrow('PORT is set and empty');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('name every bad one at once, and no value, which may be a secret', () => {
    const read = (): unknown => readSettings({ ...declared, key: setting('KEY', text) }, { PORT: 'hunter2' });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/PORT .*; KEY is not set/);
    expect(read).not.toThrow(/hunter2/);
  });
});

describe('durations', () => {
  it.each([
    ['0ms', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s is %i ms', (given, ms) => expect(parseDuration(given)).toBe(ms));

  it.each(['', '1', 's', '-1s', '1.5s', '1 s', '1s1s', '9999999999999d'])('%j is none', (given) => {
    expect(parseDuration(given)).toBeNull();
  });
});

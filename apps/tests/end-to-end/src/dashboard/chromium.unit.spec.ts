import { jest } from '@jest/globals';

import { chromiumOfTests } from './chromium.js';

describe('on a machine without a Chromium, tests in a browser', () => {
  const before = { ...process.env };
  const written = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);

  beforeEach(() => {
    written.mockClear();
    process.env = { ...before, PATH: '/nowhere' };
    delete process.env['CHROMIUM_PATH'];
    delete process.env['CI'];
  });

  afterAll(() => {
    process.env = before;
    written.mockRestore();
  });

  it('are skipped with one line that says what to install', () => {
    expect(chromiumOfTests()).toBeNull();
    expect(written.mock.calls).toEqual([[expect.stringMatching(/^skipped: .*`chromium`.*CHROMIUM_PATH\n$/)]]);
  });

  it('fail in CI', () => {
    process.env['CI'] = 'true';
    expect(() => chromiumOfTests()).toThrow(/install Debian’s package `chromium`/);
  });

  it('use what CHROMIUM_PATH names', () => {
    process.env['CHROMIUM_PATH'] = '/opt/chrome';
    expect(chromiumOfTests()).toBe('/opt/chrome');
  });
});

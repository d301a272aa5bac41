import fc from 'fast-check';

import { MAX_RETRY_AFTER_MS, retryAfterMs } from './retry-after.js';

const NOW = new Date('2026-03-01T12:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['007', 7_000],
    ['3600', 3_600_000],
  ])('in seconds: %j', (value, ms) => {
    expect(retryAfterMs(value, NOW)).toBe(ms);
  });

  it.each([
    ['as senders must write it', 'Sun, 01 Mar 2026 12:10:00 GMT'],
    ["in RFC 850's form", 'Sunday, 01-Mar-26 12:10:00 GMT'],
    ["in asctime's form", 'Sun Mar  1 12:10:00 2026'],
  ])('as a date %s', (_, value) => {
    expect(retryAfterMs(value, NOW)).toBe(600_000);
  });

  it('as a date in the past asks for no delay', () => {
    expect(retryAfterMs('Sun, 06 Nov 1994 08:49:37 GMT', NOW)).toBe(0);
    expect(retryAfterMs('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBe(0);
    expect(retryAfterMs('Sun Nov  6 08:49:37 1994', NOW)).toBe(0);
  });

  it('asks for an hour at most', () => {
    for (const value of [
      '3601',
      '99999999999999999999',
      '9'.repeat(1_000),
      'Sun, 01 Mar 2026 13:00:01 GMT',
    ]) {
      expect(retryAfterMs(value, NOW)).toBe(MAX_RETRY_AFTER_MS);
    }
  });

  it('sent several times asks for the longest of the delays that can be read', () => {
    expect(retryAfterMs(['60', 'soon', '120', '-1'], NOW)).toBe(120_000);
    expect(retryAfterMs(['soon', 'later'], NOW)).toBeNull();
    expect(retryAfterMs([], NOW)).toBeNull();
  });

  it.each([
    undefined,
    '',
    'soon',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '12O',
    '120 s',
    '120, 120',
    '١٢٠',
    '2026-03-01T12:10:00Z',
    'Sun, 01 Mar 2026 12:10:00 CET',
    'Sun, 01 Mar 2026 12:10:00 +0000',
    'Sun, 1 Mar 2026 12:10:00 GMT',
    'Sun, 31 Feb 2026 12:10:00 GMT',
    'Sun, 01 Foo 2026 12:10:00 GMT',
    'Sun, 01 Mar 2026 24:00:00 GMT',
    'Sun, 01 Mar 2026 12:60:00 GMT',
    'March 1, 2026 12:10',
  ])('that is neither is ignored: %j', (value) => {
    expect(retryAfterMs(value, NOW)).toBeNull();
  });

  it('reads back every date that Date writes in this form, to the second', () => {
    fc.assert(
      fc.property(fc.nat(MAX_RETRY_AFTER_MS / 1_000), (seconds) => {
        const then = new Date(NOW.getTime() + seconds * 1_000);
        expect(retryAfterMs(then.toUTCString(), NOW)).toBe(seconds * 1_000);
      }),
    );
  });

  it('is never more than the limit nor less than nothing, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat().map(String),
          fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
        ),
        (value) => {
          const ms = retryAfterMs(value, NOW);
          expect(ms === null || (ms >= 0 && ms <= MAX_RETRY_AFTER_MS)).toBe(true);
        },
      ),
    );
  });
});

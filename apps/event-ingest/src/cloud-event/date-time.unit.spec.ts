import fc from 'fast-check';

import { parseDateTime } from './date-time.js';

describe('a date-time', () => {
  it.each([
    ['2024-01-15T14:30:00Z', '2024-01-15T14:30:00.000Z'],
    ['2024-01-15t14:30:00z', '2024-01-15T14:30:00.000Z'],
    ['2024-01-15 14:30:00Z', '2024-01-15T14:30:00.000Z'],
    ['2026-03-04T05:06:07.890+02:00', '2026-03-04T03:06:07.890Z'],
    ['2024-02-29T23:59:59.123456789-00:30', '2024-03-01T00:29:59.123Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Date(parseDateTime(text) ?? NaN).toISOString()).toBe(expected);
  });

  it.each([
    '2024-01-15',
    '2024-01-15T14:30:00',
    '2024-01-15T14:30Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-15T24:00:00Z',
    '2024-01-15T14:60:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-15T14:30:00+24:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+002024-01-15T14:30:00Z',
    'Mon, 15 Jan 2024 14:30:00 GMT',
    'yesterday',
    '',
  ])('%s is none', (text) => expect(parseDateTime(text)).toBeNull());

  it('is every time JavaScript writes, of these years', () => {
    const within = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.date({ ...within, noInvalidDate: true }), (date) => {
        expect(parseDateTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

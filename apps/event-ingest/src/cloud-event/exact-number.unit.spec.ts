import fc from 'fast-check';

import { isExactNumber } from './exact-number.js';

describe('a number in JSON is exact', () => {
  it.each([
    '0',
    '-0',
    '1',
    '1.0',
    '1.50',
    '100',
    '1e2',
    '1E+2',
    '0.1',
    '91.5',
    '9007199254740992',
    '1e21',
    '0e99999',
    '-0.0',
    '5e-324',
    '1.7976931348623157e308',
  ])('when JavaScript passes it on as the same number: %s', (source) =>
    expect(isExactNumber(source)).toBe(true),
  );

  it.each([
    '9007199254740993',
    '0.1000000000000000055',
    '1e400',
    '-1e400',
    '1e-400',
    '3.14159265358979323846',
    '123456789012345678901234567890',
  ])('not when JavaScript would alter it: %s', (source) => expect(isExactNumber(source)).toBe(false));

  it('when its sign is lost with a zero, and when its digits are written in another way', () => {
    for (const [given, passedOn] of [
      ['-0', '0'],
      ['-0.0', '0'],
      ['-0e5', '0'],
      ['1.0', '1'],
      ['1e2', '100'],
      ['1E-2', '0.01'],
    ] as const) {
      expect([isExactNumber(given), JSON.stringify(JSON.parse(given))]).toEqual([true, passedOn]);
    }
  });

  it('or not, which a number of a quarter of a million digits does not make slow', () => {
    const began = performance.now();
    expect(isExactNumber(`1.${'0'.repeat(250_000)}1`)).toBe(false);
    expect(isExactNumber(`1.${'0'.repeat(250_000)}`)).toBe(true);
    // It takes some milliseconds, and took minutes when each run of zeros was tried to its end.
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('for every number that JavaScript itself writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) =>
        isExactNumber(String(number)),
      ),
    );
  });

  it('for every number of up to fifteen digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.nat(14), (digits, places) => {
        const text = String(digits).padStart(places + 1, '0');
        const at = text.length - places;
        return isExactNumber(places === 0 ? text : `${text.slice(0, at)}.${text.slice(at)}`);
      }),
    );
  });

  it('when JavaScript writes a large whole number with the same digits, and not when it only holds it', () => {
    const held = Number('81064243538952176');
    expect([BigInt(held), String(held)]).toEqual([81064243538952176n, '81064243538952180']);
    expect(isExactNumber('81064243538952176')).toBe(false);
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }), (whole) => {
        expect(isExactNumber(String(whole))).toBe(decimalOf(whole) === String(whole));
      }),
    );
  });
});

/** What JavaScript writes for a whole number, without an exponent. */
function decimalOf(whole: bigint): string {
  const [digits = '', power] = String(Number(whole)).split('e+');
  if (power === undefined) return digits;
  const [units = '', fraction = ''] = digits.split('.');
  return units + fraction.padEnd(Number(power), '0');
}

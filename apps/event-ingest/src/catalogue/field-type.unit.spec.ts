import fc from 'fast-check';

import { Faults } from '@skillora/rest';

import { nonBlankText } from './field-type.js';

const published = new RegExp(nonBlankText.schema['pattern'] as string, 'u');

describe('text that is not blank', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\n', '\u00a0', '\u3000', 'ö', '\u0000') });

  it('is what the published pattern says, but for NUL, which is refused for all texts', () => {
    fc.assert(
      fc.property(text, (value) => {
        const faults = new Faults();
        nonBlankText.check(value, 'data.status', faults);
        expect(published.test(value)).toBe(!faults.any && !value.includes('\u0000'));
      }),
    );
  });

  it('has a pattern that takes no time worth speaking of, whatever text a receiver holds against it', () => {
    const began = performance.now();
    expect(published.test(`${'x'.repeat(200_000)}\u0000`)).toBe(false);
    // It takes a few milliseconds, and took minutes when each character was tried as the one that is not
    // white space.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

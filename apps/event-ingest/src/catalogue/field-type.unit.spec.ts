import { jest } from '@jest/globals';
import fc from 'fast-check';

import { fieldSchema } from '@skillora/contracts';
import { Faults } from '@skillora/validation';

import { fieldType } from './field-type.js';

const [nonBlankText, url] = [fieldType({ kind: 'nonBlankText' }), fieldType({ kind: 'url' })];
const patternOf = (kind: 'nonBlankText' | 'url'): RegExp =>
  new RegExp(fieldSchema({ kind }, 'producers')['pattern'] as string, 'u');

const published = patternOf('nonBlankText');

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

describe('an http or https URL', () => {
  const schemaOfUrl = patternOf('url');
  const isTaken = (value: unknown): boolean => {
    const faults = new Faults();
    url.check(value, 'data.interview_results_url', faults);
    return !faults.any;
  };

  it.each(['https://app.example/results/1', 'http://bücher.example:8080?x=1', 'https://a\\b', 'https://x'])(
    'may be %s, by the published pattern too',
    (value) => {
      expect([isTaken(value), schemaOfUrl.test(value)]).toEqual([true, true]);
    },
  );

  it.each([
    ['after two slashes', (host: string) => `https://${host}/`],
    ['after any number of slashes', (host: string) => `https:////${host}/`],
    ['behind characters that the parser drops', (host: string) => `https://\t/\n/${host}/`],
    ['behind credentials', (host: string) => `https://user@${host}/`],
  ])('is not parsed when its host is too long for a name: %s', (_, of) => {
    const parsed = jest.spyOn(URL, 'canParse');
    expect(isTaken(of('ü'.repeat(513)))).toBe(false);
    expect(parsed).not.toHaveBeenCalled();
    expect(isTaken(of(`${'ü'.repeat(40)}.example`))).toBe(true);
    parsed.mockRestore();
  });

  it('has a published pattern that refuses a host too long for a name', () => {
    expect(schemaOfUrl.test(`https://${'x'.repeat(513)}/`)).toBe(false);
    expect(schemaOfUrl.test(`https://${'x'.repeat(200)}/${'y'.repeat(2_000)}`)).toBe(true);
  });
});

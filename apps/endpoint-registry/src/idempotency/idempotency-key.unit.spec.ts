import { InvalidFieldsException } from '@skillora/rest';
import fc from 'fast-check';

import { canonicalJson } from '../changes/canonical-json.js';
import { readIdempotencyKey } from './idempotency-key.js';

describe('an idempotency key', () => {
  it('may be left out', () => expect(readIdempotencyKey(undefined)).toBeNull());

  it.each(['a', 'x'.repeat(255), '4f1c-…'.replace('…', '~'), 'two words'])('may be %p', (key) =>
    expect(readIdempotencyKey(key)).toBe(key),
  );

  it.each(['', ' ', 'x'.repeat(256), 'é', 'a\tb', 'a\u007f'])('may not be %p', (key) =>
    expect(() => readIdempotencyKey(key)).toThrow(InvalidFieldsException),
  );
});

describe('two bodies', () => {
  it('are the same whatever the order of their keys, and differ when anything else does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.jsonValue(), (body, more) => {
        const turned = Object.fromEntries(Object.entries(body).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(body));
        expect(canonicalJson([body, more])).not.toBe(canonicalJson([body]));
      }),
    );
    expect(canonicalJson({ events: ['a', 'b'] })).not.toBe(canonicalJson({ events: ['b', 'a'] }));
  });
});

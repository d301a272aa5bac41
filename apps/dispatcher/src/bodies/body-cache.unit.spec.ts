import fc from 'fast-check';

import { BodyCache } from './body-cache.js';

const body = (bytes: number, fill = 0): Buffer => Buffer.alloc(bytes, fill);

describe('the bodies that are kept', () => {
  it('are those that were used last', () => {
    const cache = new BodyCache(30);
    for (const key of ['a', 'b', 'c']) cache.keep(key, body(10));
    cache.get('a');
    cache.keep('d', body(10));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key))).toEqual(['a', 'c', 'd']);
  });

  it('leave no room for one that is larger than all of it', () => {
    const cache = new BodyCache(30);
    cache.keep('a', body(10));
    cache.keep('b', body(31));
    expect([cache.get('a')?.length, cache.get('b')]).toEqual([10, undefined]);
  });

  it('never take more than their room, whatever is kept in what order', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      bytes: fc.integer({ min: 0, max: 40 }),
      isKept: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const cache = new BodyCache(60);
        steps.forEach(({ key, bytes, isKept }, index) => {
          if (isKept) cache.keep(key, body(bytes, index));
          else cache.get(key);
          if (isKept) expect(cache.get(key)).toEqual(body(bytes, index));
        });
        const kept = ['a', 'b', 'c', 'd', 'e'].map((key) => cache.get(key)?.length ?? 0);
        expect(kept.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(60);
      }),
    );
  });
});

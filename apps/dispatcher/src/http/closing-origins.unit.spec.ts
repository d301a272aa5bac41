import { ClosingOrigins } from './closing-origins.js';

describe('the origins that close without a word', () => {
  it('are remembered for ten minutes', () => {
    let now = 0;
    const origins = new ClosingOrigins(10, () => now);
    origins.add('https://a.test');
    expect([origins.has('https://a.test'), origins.has('https://b.test')]).toEqual([true, false]);
    now = 599_999;
    expect(origins.has('https://a.test')).toBe(true);
    now = 600_000;
    expect(origins.has('https://a.test')).toBe(false);
  });

  it('are remembered up to a number, the last seen', () => {
    const origins = new ClosingOrigins(2);
    for (const origin of ['a', 'b', 'a', 'c']) origins.add(origin);
    expect(['a', 'b', 'c'].map((origin) => origins.has(origin))).toEqual([true, false, true]);
  });
});

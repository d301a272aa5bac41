import fc from 'fast-check';

import { LatencyHistogram } from './latency-histogram.js';

describe('a latency histogram', () => {
  it('has no percentile of nothing', () => {
    expect(new LatencyHistogram().percentile(0.5)).toBeNull();
  });

  it('tells percentiles at most 2 % too high, and the longest exactly', () => {
    const durations = fc.array(fc.double({ min: 0.1, max: 100_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, share) => {
        const histogram = new LatencyHistogram();
        for (const each of all) histogram.add(each);
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        expect(histogram.percentile(share)).toBeGreaterThanOrEqual(exact * 0.9999);
        expect(histogram.percentile(share)).toBeLessThanOrEqual(exact * 1.0201);
        expect(histogram.longest).toBe(sorted.at(-1));
      }),
    );
  });
});

import fc from 'fast-check';

import { DURATION_BOUNDS_MS, DURATION_CLASSES, durationClass, percentile } from './duration-histogram.js';

function counted(durations: readonly number[]): number[] {
  const counts = Array.from({ length: DURATION_CLASSES }, () => 0);
  for (const ms of durations) counts[durationClass(ms)] = (counts[durationClass(ms)] ?? 0) + 1;
  return counts;
}

describe('a percentile of counted durations', () => {
  it('is null when there are none', () => {
    expect(percentile(counted([]), 0.5)).toBeNull();
  });

  it('lies in the class of the true one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (durations, share) => {
          const sorted = [...durations].sort((a, b) => a - b);
          const truth = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
          const index = durationClass(truth);
          const found = percentile(counted(durations), share)!;
          expect(found).toBeGreaterThanOrEqual(DURATION_BOUNDS_MS[index - 1] ?? 0);
          expect(found).toBeLessThanOrEqual(DURATION_BOUNDS_MS[index] ?? DURATION_BOUNDS_MS.at(-1)!);
        },
      ),
    );
  });

  it('grows with its share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1 }), (durations) => {
        const counts = counted(durations);
        expect(percentile(counts, 0.5)!).toBeLessThanOrEqual(percentile(counts, 0.95)!);
      }),
    );
  });

  it('says no more than the last bound of what took longer', () => {
    expect(percentile(counted([45_000]), 0.95)).toBe(30_000);
  });
});

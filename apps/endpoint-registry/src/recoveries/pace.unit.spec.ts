import fc from 'fast-check';

import { dueNow, MOST_IN_PROGRESS, pacedAfter, type PaceState, untilDue } from './pace.js';

describe('the pace of a recovery', () => {
  it('without a rate is what the endpoint answers', () => {
    const pace: PaceState = { rate: null, pacedUntil: null };
    expect(dueNow(pace, 0, 5)).toBe(MOST_IN_PROGRESS);
    expect(dueNow(pace, MOST_IN_PROGRESS - 3, 5)).toBe(3);
    expect(dueNow(pace, MOST_IN_PROGRESS + 1, 5)).toBe(0);
    expect(untilDue(pace, 5)).toBe(0);
  });

  it('with a rate begins with one delivery, and the next is due after its share of a second', () => {
    const began: PaceState = { rate: 4, pacedUntil: null };
    expect(dueNow(began, 0, 1_000)).toBe(1);
    const then = { rate: 4, pacedUntil: pacedAfter(began, 1, 1_000) };
    expect(dueNow(then, 0, 1_249)).toBe(0);
    expect(dueNow(then, 0, 1_250)).toBe(1);
    expect(untilDue(then, 1_100)).toBe(150);
  });

  it('never exceeds the rate by more than a quarter and one, in any second, and comes close to it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 50, maxLength: 100 }),
        (rate, pauses) => {
          let pace: PaceState = { rate, pacedUntil: null };
          let now = 1_000_000;
          const sent: { at: number; count: number }[] = [];
          for (const pause of pauses) {
            now += pause;
            const count = dueNow(pace, 0, now);
            pace = { rate, pacedUntil: pacedAfter(pace, count, now) };
            sent.push({ at: now, count });
          }
          for (const { at } of sent) {
            const within = sent.filter((each) => each.at >= at && each.at < at + 1_000);
            const total = within.reduce((sum, { count }) => sum + count, 0);
            expect(total).toBeLessThanOrEqual(Math.ceil(rate * 1.25) + 1);
          }
        },
      ),
    );
  });

  it('reaches the rate when it is looked at often', () => {
    for (const rate of [1, 2, 3, 7, 10, 333, 1_000]) {
      let pace: PaceState = { rate, pacedUntil: null };
      let total = 0;
      for (let now = 0; now < 20_000; now += 100) {
        const count = dueNow(pace, 0, now);
        pace = { rate, pacedUntil: pacedAfter(pace, count, now) };
        total += count;
      }
      expect(total / 20).toBeGreaterThan(rate * 0.9);
    }
  });
});

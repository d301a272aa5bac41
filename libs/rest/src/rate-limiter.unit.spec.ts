import fc from 'fast-check';

import { RateLimiter } from './rate-limiter.js';

const rates = fc.record({
  perSecond: fc.integer({ min: 1, max: 1_000 }),
  burst: fc.integer({ min: 1, max: 100 }),
});
const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 });

describe('a rate limiter', () => {
  it('allows in any stretch of time no more than a burst and what the rate gives, and no less', () => {
    fc.assert(
      fc.property(rates, pauses, (rate, between) => {
        const limiter = new RateLimiter(rate);
        const taken: number[] = [];
        let now = 1_000_000;
        let bucket = rate.burst;
        for (const pause of between) {
          now += pause;
          bucket = Math.min(rate.burst, bucket + (pause * rate.perSecond) / 1_000);
          const allowed = limiter.waitFor('a', now) === 0;
          // A hair's breadth either way is arithmetic.
          if (Math.abs(bucket - 1) > 1e-6) expect(allowed).toBe(bucket > 1);
          if (!allowed) continue;
          bucket -= 1;
          limiter.take('a', now);
          taken.push(now);
        }
        for (const [index, from] of taken.entries()) {
          const within = taken.slice(index).filter((time) => time - from <= 1_000).length;
          expect(within).toBeLessThanOrEqual(rate.burst + rate.perSecond + 1);
        }
      }),
    );
  });

  it('allows one more after the wait it tells, and not before', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 500 }), (rate, count) => {
        const limiter = new RateLimiter(rate);
        limiter.take('a', 0, count);
        const wait = limiter.waitFor('a', 0);
        expect(wait > 0).toBe(count > rate.burst - 1);
        expect(limiter.waitFor('a', wait)).toBeCloseTo(0, 6);
        if (wait > 2) expect(limiter.waitFor('a', wait - 1)).toBeGreaterThan(0);
      }),
    );
  });

  it('allows the last of a burst, although intervals are no whole numbers', () => {
    const limiter = new RateLimiter({ perSecond: 6, burst: 7 });
    limiter.take('a', 0, 6);
    expect(limiter.waitFor('a', 0)).toBe(0);
  });

  it('is as if nothing was taken where it is given back', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 2 });
    limiter.take('a', 0);
    limiter.take('a', 0);
    limiter.giveBack('a');
    expect(limiter.waitFor('a', 0)).toBe(0);
    limiter.take('a', 0);
    expect(limiter.waitFor('a', 0)).toBe(1_000);
    limiter.giveBack('unknown');
    expect(limiter.waitFor('unknown', 0)).toBe(0);
  });

  it('keeps keys apart', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
    limiter.take('a', 0);
    expect([limiter.waitFor('a', 0), limiter.waitFor('b', 0)]).toEqual([1_000, 0]);
  });

  it('forgets whose bucket is full, and the oldest where there are too many', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 5 }, 3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) limiter.take(key, 20_000, 5);
    expect([limiter.size, limiter.waitFor('a', 20_000), limiter.waitFor('e', 20_000)]).toEqual([3, 0, 1_000]);
    limiter.take('f', 40_000);
    expect(limiter.size).toBe(1);
  });
});

import fc from 'fast-check';

import { type UseLimit, waitForUse, withUse } from './use-limit.js';

const limits = fc.record({
  uses: fc.integer({ min: 1, max: 8 }),
  withinMs: fc.integer({ min: 1, max: 500 }),
});
const pauses = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 200 });

/** When what was asked for after each pause was allowed. */
function allowed(limit: UseLimit, between: readonly number[]): number[] {
  const times: number[] = [];
  let [usedAt, now] = [[] as number[], 1_000_000];
  for (const pause of between) {
    now += pause;
    if (waitForUse(usedAt, limit, now) > 0) continue;
    usedAt = withUse(usedAt, limit, now);
    times.push(now);
  }
  return times;
}

describe('a limit of uses', () => {
  it('allows in any stretch of its length as many as it says, and never one more', () => {
    fc.assert(
      fc.property(limits, pauses, (limit, between) => {
        const times = allowed(limit, between);
        for (const from of times) {
          const within = times.filter((time) => time >= from && time < from + limit.withinMs);
          expect(within.length).toBeLessThanOrEqual(limit.uses);
        }
      }),
    );
  });

  it('allows one more after the wait that it tells, and not before', () => {
    fc.assert(
      fc.property(limits, pauses, (limit, between) => {
        let [usedAt, now] = [[] as number[], 0];
        for (const pause of between) {
          now += pause;
          const wait = waitForUse(usedAt, limit, now);
          expect(waitForUse(usedAt, limit, now + wait)).toBe(0);
          if (wait > 0) expect(waitForUse(usedAt, limit, now + wait - 1)).toBeGreaterThan(0);
          else usedAt = withUse(usedAt, limit, now);
          expect(usedAt.length).toBeLessThanOrEqual(limit.uses);
        }
      }),
    );
  });

  it('refuses nobody who stays within it', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const pause = Math.ceil(limit.withinMs / limit.uses);
        expect(allowed(limit, Array<number>(50).fill(pause)).length).toBe(50);
      }),
    );
  });
});

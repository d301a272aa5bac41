import { randomUUID } from 'node:crypto';

import fc from 'fast-check';

import { MAX_RETRY_AFTER_MS } from '../http/retry-after.js';
import { dispatcherDeclarations } from '../settings.js';
import { delaysOf, longestScheduleMs, longestWaitMs, retryDelayMs } from './schedule.js';
import { shareOfAttempt } from './share-of-attempt.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SCHEDULES = {
  standard: [MINUTE, 5 * MINUTE, 30 * MINUTE],
  extended: dispatcherDeclarations.extendedRetryDelaysMs.read(
    dispatcherDeclarations.extendedRetryDelaysMs.fallback ?? '',
  ),
};
const attempt = (step: number) => ({ deliveryId: randomUUID(), round: 0, step });

describe('the standard schedule', () => {
  it('has three delays and then none', () => {
    expect([1, 2, 3, 4].map((step) => retryDelayMs(SCHEDULES, 'standard', attempt(step), null))).toEqual([
      MINUTE,
      5 * MINUTE,
      30 * MINUTE,
      null,
    ]);
  });
});

describe('the extended schedule, unless the operator sets another one', () => {
  it('waits 1, 5 and 30 minutes, 2, 5, 10, 10 and 10 hours, and then a day', () => {
    expect(delaysOf(SCHEDULES, 'extended')).toEqual([
      MINUTE,
      5 * MINUTE,
      30 * MINUTE,
      ...[2, 5, 10, 10, 10, 24].map((hours) => hours * HOUR),
    ]);
  });

  it('ends before three days are over, however much later its retries come; one more day would end after them', () => {
    const waits = delaysOf(SCHEDULES, 'extended').reduce((sum, delay) => sum + delay, 0);
    expect(waits * 1.1).toBeLessThan(72 * HOUR);
    expect(waits + 24 * HOUR).toBeGreaterThan(72 * HOUR);
  });

  it('is never early, and at most a tenth late unless Retry-After asks for more', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.nat(5),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.nat(2 * HOUR)),
        (deliveryId, round, step, retryAfterMs) => {
          const scheduled = delaysOf(SCHEDULES, 'extended')[step - 1] ?? NaN;
          const delay = retryDelayMs(SCHEDULES, 'extended', { deliveryId, round, step }, retryAfterMs) ?? NaN;
          const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
          expect(delay).toBeGreaterThanOrEqual(Math.max(scheduled, asked));
          expect(delay).toBeLessThanOrEqual(Math.max(scheduled * 1.1, asked));
          expect(delay).toBeLessThanOrEqual(longestWaitMs(SCHEDULES));
          expect(Number.isInteger(delay)).toBe(true);
        },
      ),
    );
  });
});

describe('all retries of a delivery', () => {
  it('are over in the longest time, whatever schedule each of them follows', () => {
    const name = fc.constantFrom('standard' as const, 'extended' as const);
    fc.assert(
      fc.property(fc.uuid(), fc.array(name, { minLength: 9, maxLength: 9 }), (deliveryId, names) => {
        const waits = names.map(
          (each, at) => retryDelayMs(SCHEDULES, each, { deliveryId, round: 0, step: at + 1 }, null) ?? 0,
        );
        expect(waits.reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(longestScheduleMs(SCHEDULES));
      }),
    );
    expect(longestScheduleMs(SCHEDULES)).toBeLessThan(72 * HOUR);
  });
});

describe('the schedule of those who want no retry', () => {
  it('is empty, whatever Retry-After asks for', () => {
    expect(retryDelayMs(SCHEDULES, 'none', attempt(1), HOUR)).toBeNull();
  });
});

describe('the share of an attempt', () => {
  it('is the same whenever it is asked for, and another for each attempt', () => {
    const first = attempt(1);
    expect(shareOfAttempt(first)).toBe(shareOfAttempt({ ...first }));
    const shares = [1, 2, 3, 4].map((step) => shareOfAttempt({ ...first, step }));
    expect(new Set(shares).size).toBe(4);
  });

  it('is spread evenly from 0 to 1', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n += 1) {
      const share = shareOfAttempt({ deliveryId: String(n), round: 0, step: 1 });
      tenths[Math.floor(share * 10)]! += 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });
});

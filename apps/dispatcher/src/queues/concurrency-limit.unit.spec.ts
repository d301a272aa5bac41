import {
  type AttemptEffect,
  INITIAL_LIMIT,
  type ConcurrencyLimit,
  limitAfter,
  queueBound,
} from './concurrency-limit.js';

function after(limit: ConcurrencyLimit, effect: AttemptEffect, times: number, tookMs = 5): ConcurrencyLimit {
  let next = limit;
  for (let i = 0; i < times; i += 1) next = limitAfter(next, effect, tookMs, true, 32);
  return next;
}

describe('the concurrency limit of an endpoint', () => {
  it('grows by one for each success while it is reached, up to the most', () => {
    expect(after(INITIAL_LIMIT, 'success', 3).attempts).toBe(7);
    expect(after(INITIAL_LIMIT, 'success', 100).attempts).toBe(32);
    expect(limitAfter(INITIAL_LIMIT, 'success', 5, false, 32).attempts).toBe(INITIAL_LIMIT.attempts);
  });

  it('halves with every attempt that times out, and stays one at least', () => {
    const fast = after(INITIAL_LIMIT, 'success', 100);
    expect([1, 2, 10].map((times) => after(fast, 'timeout', times).attempts)).toEqual([16, 8, 1]);
  });

  it('begins with one after the endpoint could not be reached', () => {
    expect(after(after(INITIAL_LIMIT, 'success', 100), 'unreachable', 1).attempts).toBe(1);
  });

  it('does not change by answers that are errors, nor by attempts that were not made', () => {
    expect(after(INITIAL_LIMIT, 'answered', 10).attempts).toBe(INITIAL_LIMIT.attempts);
    expect(after(INITIAL_LIMIT, 'none', 10)).toBe(INITIAL_LIMIT);
  });
});

describe('what may wait in memory', () => {
  const ALONE = 1_000;

  it('is thousands for one that answers in milliseconds', () => {
    expect(queueBound(after(INITIAL_LIMIT, 'success', 50), false, ALONE).count).toBeGreaterThan(5_000);
  });

  it('is little for one that hangs, less where many do, and more again once it answers', () => {
    const hanging = after(INITIAL_LIMIT, 'timeout', 3);
    expect([1_000, 16, 10.9, 1, 0.1].map((share) => queueBound(hanging, true, share).count)).toEqual([
      16, 16, 10, 1, 1,
    ]);
    expect(queueBound(after(hanging, 'success', 1), false, 1).count).toBeGreaterThan(16);
  });

  it('is 4 MiB for one that answers soon, and 256 KiB for one that hangs or answers late', () => {
    const bytes = (limit: ConcurrencyLimit, hasSlowAttempts: boolean) =>
      queueBound(limit, hasSlowAttempts, ALONE).bytes;
    const [soon, late] = [after(INITIAL_LIMIT, 'success', 9), after(INITIAL_LIMIT, 'success', 9, 29_000)];
    expect([bytes(soon, false), bytes(late, false)]).toEqual([4_194_304, 262_144]);
    expect([bytes(soon, true), bytes(after(INITIAL_LIMIT, 'timeout', 1), true)]).toEqual([262_144, 262_144]);
  });

  it('is little for one whose first attempts hang', () => {
    expect(queueBound(INITIAL_LIMIT, false, ALONE).count).toBe(500);
    expect(queueBound(INITIAL_LIMIT, true, ALONE).count).toBe(16);
  });
});

import { type AttemptEffect, INITIAL_PACE, type Pace, paceAfter, queueBound } from './pace.js';

function after(pace: Pace, effect: AttemptEffect, times: number, tookMs = 5): Pace {
  let next = pace;
  for (let i = 0; i < times; i += 1) next = paceAfter(next, effect, tookMs, true, 32);
  return next;
}

describe('the pace of an endpoint', () => {
  it('grows by a place for each success while places are short, up to the most', () => {
    expect(after(INITIAL_PACE, 'success', 3).places).toBe(7);
    expect(after(INITIAL_PACE, 'success', 100).places).toBe(32);
    expect(paceAfter(INITIAL_PACE, 'success', 5, false, 32).places).toBe(INITIAL_PACE.places);
  });

  it('halves with every attempt that times out, and keeps one place', () => {
    const fast = after(INITIAL_PACE, 'success', 100);
    expect([1, 2, 10].map((times) => after(fast, 'timeout', times).places)).toEqual([16, 8, 1]);
  });

  it('begins with one place after the endpoint could not be reached', () => {
    expect(after(after(INITIAL_PACE, 'success', 100), 'unreachable', 1).places).toBe(1);
  });

  it('is not slowed by answers that are errors, nor by attempts that were not made', () => {
    expect(after(INITIAL_PACE, 'answered', 10).places).toBe(INITIAL_PACE.places);
    expect(after(INITIAL_PACE, 'none', 10)).toBe(INITIAL_PACE);
  });
});

describe('what may wait in memory', () => {
  const ALONE = 1_000;

  it('is thousands for one that answers in milliseconds', () => {
    expect(queueBound(after(INITIAL_PACE, 'success', 50), false, ALONE).count).toBeGreaterThan(5_000);
  });

  it('is little for one that hangs, less where many do, and more again once it answers', () => {
    const hanging = after(INITIAL_PACE, 'timeout', 3);
    expect([1_000, 16, 10.9, 1, 0.1].map((share) => queueBound(hanging, true, share).count)).toEqual([
      16, 16, 10, 1, 1,
    ]);
    expect(queueBound(after(hanging, 'success', 1), false, 1).count).toBeGreaterThan(16);
  });

  it('is 4 MiB for one that answers soon, and 256 KiB for one that hangs or answers late', () => {
    const bytes = (pace: Pace, hasSlowAttempts: boolean) => queueBound(pace, hasSlowAttempts, ALONE).bytes;
    const [soon, late] = [after(INITIAL_PACE, 'success', 9), after(INITIAL_PACE, 'success', 9, 29_000)];
    expect([bytes(soon, false), bytes(late, false)]).toEqual([4_194_304, 262_144]);
    expect([bytes(soon, true), bytes(after(INITIAL_PACE, 'timeout', 1), true)]).toEqual([262_144, 262_144]);
  });

  it('is little for one whose first attempts hang', () => {
    expect(queueBound(INITIAL_PACE, false, ALONE).count).toBe(500);
    expect(queueBound(INITIAL_PACE, true, ALONE).count).toBe(16);
  });
});

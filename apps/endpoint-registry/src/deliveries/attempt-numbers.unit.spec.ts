import fc from 'fast-check';

import { attemptNumbers, attemptsBeforeRound } from './attempt-numbers.js';

describe('the numbers of attempts', () => {
  it('are those that the requests carried', () => {
    expect(attemptNumbers([1, 2, 3])).toEqual([1, 2, 3]);
    expect(attemptNumbers([11, 12], 10)).toEqual([11, 12]);
  });

  it('are counted where releases did not record them', () => {
    expect(attemptNumbers([null, null, null])).toEqual([1, 2, 3]);
    expect(attemptNumbers([null, null], 10)).toEqual([11, 12]);
    expect(attemptNumbers([null, 2, null, 4])).toEqual([1, 2, 3, 4]);
  });

  it('leave out one that was kept for an attempt that was not made', () => {
    expect(attemptNumbers([1, 3])).toEqual([1, 3]);
  });

  it('differ of two attempts that carried the same', () => {
    expect(attemptNumbers([1, 2, 2, 3])).toEqual([1, 2, 3, 4]);
  });

  it('rise, whatever was carried, and are never below it', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 40 }))), fc.nat(50), (carried, earlier) => {
        const numbers = attemptNumbers(carried, earlier);
        numbers.forEach((number, index) => {
          expect(number).toBeGreaterThan(numbers[index - 1] ?? earlier);
          expect(number).toBeGreaterThanOrEqual(carried[index] ?? 0);
        });
      }),
    );
  });
});

describe('before a round that a person asks for', () => {
  const now = new Date('2026-01-15T14:30:00.000Z');
  const before = (attemptCount: number, lastNumber: number | null, nextRetryAt: string | null) =>
    attemptsBeforeRound(
      { attemptCount, lastNumber, nextRetryAt: nextRetryAt === null ? null : new Date(nextRetryAt) },
      now,
    );

  it('all attempts count that have been made', () => {
    expect(before(4, 4, null)).toBe(4);
    expect(before(4, null, null)).toBe(4);
    expect(before(0, null, null)).toBe(0);
    expect(before(2, 2, '2026-01-15T14:30:00.001Z')).toBe(2);
  });

  it('no number is given twice', () => {
    expect(before(2, 3, null)).toBe(3);
  });

  it('one counts that is due, since it may be under way', () => {
    expect(before(1, 1, '2026-01-15T14:30:00.000Z')).toBe(2);
  });
});

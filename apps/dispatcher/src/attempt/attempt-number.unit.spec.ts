import { attemptNumber } from './attempt-number.js';

const SCHEDULE = [1_000, 2_000, 3_000];
const numberOf = (round: number, step: number, attemptsBefore?: number) =>
  attemptNumber({ round, step, attemptsBefore }, SCHEDULE);

describe('the number of an attempt', () => {
  it('is its step in the automatic schedule', () => {
    expect([1, 2, 3, 4].map((step) => numberOf(0, step))).toEqual([1, 2, 3, 4]);
  });

  it('goes on behind the attempts of earlier rounds', () => {
    expect([1, 2].map((step) => numberOf(1, step, 2))).toEqual([3, 4]);
    expect(numberOf(2, 1, 4)).toBe(5);
  });

  it('counts whole schedules where a former release did not say how many there were', () => {
    expect(numberOf(1, 1)).toBe(5);
    expect(numberOf(2, 3)).toBe(11);
  });

  it('begins at 1 for a delivery that was first asked for by hand', () => {
    expect(numberOf(1, 1, 0)).toBe(1);
  });
});

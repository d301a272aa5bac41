import type { AttemptMade } from './facts.js';
import { placed } from './placed-attempts.js';

const attempt = (
  round: number,
  step: number,
  startedAt = 0,
  outcome: AttemptMade['outcome'] = 'success',
): AttemptMade => ({ round, step, startedAt, outcome }) as AttemptMade;
const NEW = { attemptCount: 0, held: null };

describe('attempts that were read together', () => {
  it('have the first of them held by their delivery, if it has none yet', () => {
    const [one, two] = [attempt(0, 2), attempt(0, 1)];
    expect(placed([one, two], NEW, true)).toEqual({ toHold: one, others: [two] });
    expect(placed([], NEW, true)).toEqual({ toHold: null, others: [] });
  });

  it('have rows of their own if the first of them failed', () => {
    const both = [attempt(0, 1, 0, 'retrying'), attempt(0, 2)];
    expect(placed(both, NEW, true)).toEqual({ toHold: null, others: both });
  });

  it('have rows of their own if their delivery holds one though none is counted, as after a rebuild by a former release', () => {
    const both = [attempt(0, 1), attempt(0, 2)];
    const row = { attemptCount: 0, held: { round: 1, step: 1 } };
    expect(placed(both, row, true)).toEqual({ toHold: null, others: both });
  });

  it('have rows of their own where deliveries hold none, or had one before', () => {
    const both = [attempt(0, 1), attempt(0, 2)];
    expect(placed(both, NEW, false)).toEqual({ toHold: null, others: both });
    expect(placed(both, { attemptCount: 1, held: null }, true)).toEqual({ toHold: null, others: both });
  });

  it.each([true, false])('leave out the one that their delivery holds (and may hold: %s)', (holding) => {
    const row = { attemptCount: 1, held: { round: 1, step: 1 } };
    const other = attempt(0, 1);
    expect(placed([attempt(1, 1), other], row, holding)).toEqual({ toHold: null, others: [other] });
  });

  it('count once if they have the same round and step: the first', () => {
    const first = attempt(0, 1, 5);
    const other = attempt(0, 2, 6);
    expect(placed([first, other, attempt(0, 1, 7), attempt(0, 2, 8)], NEW, true)).toEqual({
      toHold: first,
      others: [other],
    });
  });
});

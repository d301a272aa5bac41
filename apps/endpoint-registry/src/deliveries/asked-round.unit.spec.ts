import { type AskedRound, hasNotEnded, LONGEST_WAIT_MS, type ShownRounds } from './asked-round.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const CREATED = NOW - 60_000;
const asked = (change: Partial<AskedRound> = {}): AskedRound => ({
  round: 1,
  askedAt: NOW - 1_000,
  deliveryCreatedAt: CREATED,
  ...change,
});
/** The automatic schedule has failed. */
const shown = (change: Partial<ShownRounds> = {}): ShownRounds => ({
  createdAt: CREATED,
  round: 0,
  step: 4,
  updatedAt: NOW - 2_000,
  endedRound: 0,
  ...change,
});

describe('an attempt that a person asked for', () => {
  it('is under way before the log shows anything of it', () => {
    expect(hasNotEnded(asked(), shown(), NOW)).toBe(true);
    expect(hasNotEnded(asked(), null, NOW)).toBe(true);
  });

  it('is under way once the log shows that it was asked for', () => {
    const waiting = shown({ round: 1, step: 0, updatedAt: NOW - 1_000 });
    expect(hasNotEnded(asked(), waiting, NOW)).toBe(true);
  });

  it('is under way by the log alone, where the database has lost the allocation', () => {
    const waiting = shown({ round: 3, step: 0, updatedAt: NOW - 1_000 });
    expect(hasNotEnded(null, waiting, NOW)).toBe(true);
    expect(hasNotEnded(asked({ round: 1 }), { ...waiting, endedRound: 2 }, NOW)).toBe(true);
  });

  it('has ended with a result of its round, or of a later one', () => {
    expect(hasNotEnded(asked(), shown({ round: 1, step: 1, endedRound: 1 }), NOW)).toBe(false);
    expect(hasNotEnded(asked(), shown({ round: 2, step: 1, endedRound: 2 }), NOW)).toBe(false);
  });

  it('has not ended with a late result of the automatic schedule', () => {
    expect(hasNotEnded(asked(), shown({ round: 1, step: 0, endedRound: 0 }), NOW)).toBe(true);
    expect(hasNotEnded(asked({ round: 2 }), shown({ round: 1, step: 3, endedRound: 1 }), NOW)).toBe(true);
  });

  it('is none where nobody asked', () => {
    expect(hasNotEnded(null, shown(), NOW)).toBe(false);
    expect(hasNotEnded(null, null, NOW)).toBe(false);
  });

  it('does not count for a delivery that was made once more, long after the first', () => {
    const again = shown({ createdAt: CREATED + 86_400_000 });
    expect(hasNotEnded(asked(), again, NOW)).toBe(false);
    expect(hasNotEnded(asked({ deliveryCreatedAt: null }), again, NOW)).toBe(true);
  });

  it('is given up for lost once no topic can hold its record any more', () => {
    const long = NOW - LONGEST_WAIT_MS - 1;
    expect(hasNotEnded(asked({ askedAt: long }), shown(), NOW)).toBe(false);
    expect(hasNotEnded(asked({ askedAt: long }), null, NOW)).toBe(false);
    expect(hasNotEnded(null, shown({ round: 1, step: 0, updatedAt: long }), NOW)).toBe(false);
  });
});

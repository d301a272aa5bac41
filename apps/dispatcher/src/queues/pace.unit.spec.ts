import fc from 'fast-check';

import { Pace, type PacedAttempt, UNKNOWN_MS } from './pace.js';

describe('a pace', () => {
  it('lets the number of attempts begin at once, and the next one a second after the first answer', () => {
    const pace = new Pace();
    const attempts = [0, 1].map(() => {
      expect(pace.opensAt(2, 0)).toBeLessThanOrEqual(0);
      return pace.begin();
    });
    expect(pace.opensAt(2, 0)).toBe(Infinity);
    for (const each of attempts) each.sent(5);
    attempts[0]?.ended(30, true);
    expect(pace.opensAt(2, 30)).toBe(1_030);
  });

  it('counts an attempt without an answer until a second and a little after it was sent', () => {
    const pace = new Pace();
    pace.begin().sent(3_000);
    expect(pace.opensAt(1, 3_000)).toBe(4_100);
  });

  it('does not count what was not attempted', () => {
    const pace = new Pace();
    pace.begin().ended(7, false);
    expect(pace.opensAt(1, 7)).toBe(-Infinity);
  });

  it('follows a limit that is lowered or raised with the attempts of the last second', () => {
    const pace = new Pace();
    for (const at of [0, 100, 200]) pace.begin().ended(at, true);
    expect(pace.opensAt(10, 300)).toBe(-Infinity);
    expect(pace.opensAt(3, 300)).toBe(1_000);
    expect(pace.opensAt(1, 300)).toBe(1_200);
    expect(pace.opensAt(0, 300)).toBe(Infinity);
  });

  it('waits for a second of which it knows nothing', () => {
    expect(new Pace(UNKNOWN_MS).opensAt(1_000, 0)).toBe(1_100);
  });

  it('has never more requests arrive in any second than the limit, whatever way they go', () => {
    const requests = fc.array(
      fc.record({
        waitMs: fc.integer({ min: 0, max: 300 }),
        sentAfterMs: fc.integer({ min: 0, max: 3_000 }),
        travelMs: fc.integer({ min: 0, max: 100 }),
        answerAfterMs: fc.integer({ min: 0, max: 2_000 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 5 }), (plan, limit) => {
        const pace = new Pace();
        const arrivals: number[] = [];
        const events: { at: number; act: () => void }[] = [];
        let now = 0;
        const passTo = (time: number): void => {
          events.sort((a, b) => a.at - b.at);
          for (let next = events[0]; next && next.at <= time; next = events[0]) {
            events.shift();
            now = next.at;
            next.act();
          }
          now = Math.max(now, time);
        };
        for (const { waitMs, sentAfterMs, travelMs, answerAfterMs } of plan) {
          passTo(now + waitMs);
          for (let opensAt = pace.opensAt(limit, now); opensAt > now; opensAt = pace.opensAt(limit, now)) {
            passTo(opensAt < Infinity ? opensAt : (events[0]?.at ?? now));
          }
          const attempt: PacedAttempt = pace.begin();
          const sentAt = now + sentAfterMs;
          arrivals.push(sentAt + travelMs);
          events.push(
            { at: sentAt, act: () => attempt.sent(sentAt) },
            {
              at: sentAt + travelMs + answerAfterMs,
              act: () => attempt.ended(sentAt + travelMs + answerAfterMs, true),
            },
          );
        }
        arrivals.sort((a, b) => a - b);
        arrivals.forEach((from, index) =>
          expect((arrivals[index + limit] ?? Infinity) - from).toBeGreaterThanOrEqual(1_000),
        );
      }),
    );
  });
});

import fc from 'fast-check';

import { takeTurn, turnAt } from './retry-turn.js';
import { MAX_RETRY_AFTER_MS } from '../http/retry-after.js';
import { retryTopicFor, shortestRetryTopic } from './schedule.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE];

describe('the retry topics', () => {
  it('have one for every wait: the one with the longest delay that is not longer', () => {
    expect(retryTopicFor(SCHEDULE, MINUTE - 1)).toBeNull();
    expect(retryTopicFor(SCHEDULE, MINUTE)).toBe(1);
    expect(retryTopicFor(SCHEDULE, 29 * MINUTE)).toBe(2);
    expect(retryTopicFor(SCHEDULE, 60 * MINUTE)).toBe(3);
  });
});

describe('the turn of a waiting delivery', () => {
  it('comes when its topic delay has passed, or earlier when it is due earlier', () => {
    expect(turnAt(SCHEDULE, 1, 1_000, 1_000 + MINUTE)).toBe(1_000 + MINUTE);
    expect(turnAt(SCHEDULE, 3, 1_000, 5_000)).toBe(5_000);
  });

  it('is an attempt when it is due', () => {
    expect(takeTurn(SCHEDULE, 1_000, 1_000, true)).toEqual({ kind: 'attempt' });
  });

  it('comes again at the end of the topic with the shortest delay when its organisation holds its share', () => {
    expect(takeTurn(SCHEDULE, 50_000, 0, true)).toEqual({ kind: 'hold', untilMs: 50_000 });
    expect(takeTurn(SCHEDULE, 50_000, 0, false)).toEqual({ kind: 'wait-again', topicNumber: 1 });
    expect(takeTurn([5 * MINUTE, MINUTE], 50_000, 0, false)).toEqual({ kind: 'wait-again', topicNumber: 2 });
    expect(turnAt(SCHEDULE, 1, 0, 50_000)).toBe(50_000);
  });

  it('leads, however long the wait and whatever the topics, to one attempt at its time, and keeps every topic in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 2 * HOUR }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 27 * HOUR }),
        fc.infiniteStream(fc.integer({ min: 0, max: 5_000 })),
        fc.boolean(),
        (delays, wait, lateness, mayHold) => {
          const shortest = shortestRetryTopic(delays);
          let now = 0;
          let topicNumber = retryTopicFor(delays, wait) ?? shortest;
          const most = wait / Math.min(...delays) + 2;
          for (let hops = 0; hops <= most; hops += 1) {
            const delay = delays[topicNumber - 1] ?? 0;
            // Only in the topic with the shortest delay may a record be due before those in front of it.
            if (topicNumber !== shortest) expect(now + delay).toBeLessThanOrEqual(wait);
            now = turnAt(delays, topicNumber, now, wait);
            expect(now).toBeLessThanOrEqual(wait);
            // A turn may be late, but the lateness does not add up: what is left becomes shorter.
            now += Number(lateness.next().value);
            const turn = takeTurn(delays, wait, now, mayHold);
            if (turn.kind === 'attempt') {
              expect(now).toBeGreaterThanOrEqual(wait);
              return;
            }
            if (turn.kind === 'hold') {
              expect(turn.untilMs).toBe(wait);
              return;
            }
            topicNumber = turn.topicNumber;
          }
          throw new Error(`no attempt after ${most} hops`);
        },
      ),
    );
  });

  it('leads, however long Retry-After puts it off, to one attempt, never early, in few steps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_RETRY_AFTER_MS }),
        fc.constantFrom(1, 2, 3),
        fc.boolean(),
        (wait, first, mayHold) => {
          let now = 0;
          let topicNumber: number = first;
          for (let steps = 0; steps < 20; steps += 1) {
            now = Math.max(now, turnAt(SCHEDULE, topicNumber, now, wait));
            const turn = takeTurn(SCHEDULE, wait, now, mayHold);
            if (turn.kind === 'attempt') {
              expect(now).toBeGreaterThanOrEqual(wait);
              return;
            }
            if (turn.kind === 'hold') {
              expect(mayHold).toBe(true);
              expect(turn.untilMs - now).toBeLessThan(MINUTE);
              now = turn.untilMs;
            } else {
              topicNumber = turn.topicNumber;
            }
          }
          throw new Error('no attempt after 20 steps');
        },
      ),
    );
  });
});

import fc from 'fast-check';

import {
  countsSince,
  type EndpointHealth,
  evolveHealth,
  failuresAfter,
  UNKNOWN_HEALTH,
} from './endpoint-health.js';
import type { HealthFact } from './health-of-attempt.js';
import { healthOf, KeptHealth } from './testing/kept-health.js';

const success = (at: number): HealthFact => ({ kind: 'success', at });
const failure = (at: number, gone = false): HealthFact => ({ kind: 'failure', at, gone });
const after = (facts: readonly HealthFact[], known: EndpointHealth = UNKNOWN_HEALTH): EndpointHealth =>
  evolveHealth(known, facts, null).health;

describe('the health of an endpoint', () => {
  it('counts the failures since the last success', () => {
    expect(after([failure(1), success(2), failure(3), failure(5)])).toEqual({
      lastSuccessAt: 2,
      lastGoneAt: null,
      failures: { count: 2, firstAt: 3, lastAt: 5 },
    });
  });

  it('has no failures left after a success', () => {
    expect(after([success(6)], after([failure(3), failure(5)])).failures).toBeNull();
  });

  it('does not count a failure from before a success that is known already', () => {
    expect(after([failure(3)], after([success(4)])).failures).toBeNull();
  });

  it('starts afresh when the endpoint is switched on again', () => {
    const known = after([failure(3), failure(5)]);
    expect(evolveHealth(known, [failure(9)], 7).health.failures).toEqual({ count: 1, firstAt: 9, lastAt: 9 });
  });

  it('remembers the last answer 410', () => {
    expect(after([failure(3, true), failure(2, true), failure(8)]).lastGoneAt).toBe(3);
  });

  it('asks for a count when a success comes between failures that are known', () => {
    const { recount, health } = evolveHealth(after([failure(3), failure(5)]), [success(4)], null);
    expect([recount, countsSince(health, null)]).toEqual([true, 4]);
    expect(failuresAfter({ count: 2, firstAt: 3, lastAt: 5 }, 4)).toBe('between');
  });

  it('depends on the set of facts alone, not on their order or on the batches they come in', () => {
    const fact = fc.oneof(
      fc.record({ kind: fc.constant('success' as const), at: fc.integer({ min: 0, max: 60 }) }),
      fc.record({
        kind: fc.constant('failure' as const),
        at: fc.integer({ min: 0, max: 60 }),
        gone: fc.boolean(),
      }),
    );
    const scenario = fc.record({
      facts: fc.array(fact, { maxLength: 30 }),
      enabledAt: fc.option(fc.integer({ min: 0, max: 60 })),
    });
    fc.assert(
      fc.property(
        scenario.chain((known) =>
          fc.record({
            ...{ facts: fc.constant(known.facts), enabledAt: fc.constant(known.enabledAt) },
            mixed: fc.shuffledSubarray(known.facts, { minLength: known.facts.length }),
            cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 30, maxLength: 30 }),
          }),
        ),
        ({ facts, enabledAt, mixed, cuts }) => {
          const kept = new KeptHealth(enabledAt);
          const rest = [...mixed];
          for (const size of cuts) kept.apply(rest.splice(0, size));
          kept.apply(rest);
          expect(kept.health).toEqual(healthOf(facts, enabledAt));
        },
      ),
    );
  });
});

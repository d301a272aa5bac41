import fc from 'fast-check';
import { NOTICE_TYPES } from '@skillora/contracts';

import { type Announced, decideHealth, type DecisionSituation, type HealthStep } from './decide-health.js';
import { UNKNOWN_HEALTH } from './endpoint-health.js';
import { healthOfAttempt } from './health-of-attempt.js';
import type { HealthRules } from './health-rules.js';
import { KeptHealth } from './testing/kept-health.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES: HealthRules = { failingAfterMs: HOUR, disableAfterMs: 5 * DAY, disableFailures: 20 };

/** Failures since 0, of which the last was at `lastAt`. */
function failing(count: number, more: Partial<DecisionSituation> = {}): DecisionSituation {
  const health = { ...UNKNOWN_HEALTH, failures: { count, firstAt: 0, lastAt: count } };
  return { health, isActive: true, enabledAt: null, announced: null, ...more };
}
const announced = (level: Announced['level']): { announced: Announced } => ({
  announced: { failingSince: 0, level },
});
const kinds = (situation: DecisionSituation, now: number, rules = RULES): string[] =>
  decideHealth(situation, rules, now).steps.map(({ kind }) => kind);

describe('the decision about an endpoint', () => {
  it('is nothing before the hour is over, then that it is failing, once', () => {
    expect(kinds(failing(1), HOUR - 1)).toEqual([]);
    const decision = decideHealth(failing(1), RULES, HOUR);
    expect(decision.steps).toEqual([{ kind: 'failing', failingSince: 0, at: HOUR }]);
    expect(kinds(failing(5, { announced: decision.announced }), 2 * HOUR)).toEqual([]);
  });

  it('warns at half of the time', () => {
    expect(kinds(failing(3, announced('failing')), 2.5 * DAY - 1)).toEqual([]);
    expect(kinds(failing(3, announced('failing')), 2.5 * DAY)).toEqual(['disabling_soon']);
  });

  it('disables after the time, if enough deliveries have failed', () => {
    const soon = announced('disabling_soon');
    expect(kinds(failing(20, soon), 5 * DAY - 1)).toEqual([]);
    expect(kinds(failing(19, soon), 9 * DAY)).toEqual([]);
    expect(decideHealth(failing(20, soon), RULES, 5 * DAY)).toEqual({
      steps: [{ kind: 'disabled', failingSince: 0, reason: 'failing' }],
      announced: { failingSince: 0, level: 'disabled' },
    });
  });

  it('never disables if that is switched off, and does not warn of it', () => {
    expect(kinds(failing(500, announced('failing')), 90 * DAY, { ...RULES, disableAfterMs: 0 })).toEqual([]);
  });

  it('disables at once after an answer 410', () => {
    const gone = failing(1, { health: { ...failing(1).health, lastGoneAt: 1 } });
    expect(decideHealth(gone, RULES, 2).steps).toEqual([
      { kind: 'disabled', failingSince: 0, reason: 'gone' },
    ]);
  });

  it('says that it has recovered when something succeeds after it was announced to be failing', () => {
    const succeeded = { ...UNKNOWN_HEALTH, lastSuccessAt: HOUR + 7 };
    expect(decideHealth(failing(1, { health: succeeded, ...announced('failing') }), RULES, 2 * HOUR)).toEqual(
      {
        steps: [{ kind: 'recovered', failingSince: 0, at: HOUR + 7 }],
        announced: null,
      },
    );
    expect(kinds(failing(1, { health: succeeded }), 2 * HOUR)).toEqual([]);
  });

  it('leaves an endpoint alone that is switched off', () => {
    expect(kinds(failing(50, { isActive: false }), 9 * DAY)).toEqual([]);
  });

  it('leaves a disabled endpoint alone although a test send succeeded, until somebody switches it on', () => {
    const health = { ...UNKNOWN_HEALTH, lastSuccessAt: 6 * DAY };
    const off = failing(1, { health, isActive: false, ...announced('disabled') });
    expect(decideHealth(off, RULES, 7 * DAY)).toEqual({ steps: [], ...announced('disabled') });
    expect(decideHealth({ ...off, isActive: true, enabledAt: 7 * DAY }, RULES, 7 * DAY)).toEqual({
      steps: [],
      announced: null,
    });
  });

  it('does not disable for the same failures again when a release that knows nothing of health switches on', () => {
    expect(kinds(failing(50, announced('disabled')), 9 * DAY)).toEqual([]);
  });
});

/** An endpoint, and what was done about it. */
class Watched {
  readonly kept = new KeptHealth();
  announced: Announced | null = null;
  isActive = true;
  readonly done: HealthStep[] = [];

  look(now: number): readonly HealthStep[] {
    const { health, enabledAt } = this.kept;
    const { isActive, announced } = this;
    const decision = decideHealth({ health, isActive, enabledAt, announced }, RULES, now);
    this.announced = decision.announced;
    if (decision.steps.some(({ kind }) => kind === 'disabled')) this.isActive = false;
    this.done.push(...decision.steps);
    return decision.steps;
  }
}

const attempt = fc.record({
  startedAt: fc.integer({ min: 0, max: 12 * DAY }),
  durationMs: fc.constant(1),
  outcome: fc.constantFrom('success' as const, ...Array.from({ length: 40 }, () => 'failed' as const)),
  responseStatus: fc.constantFrom(500, 500, 500, 500, 500, 500, 500, 500, 410),
  eventType: fc.constant('interview_completed' as const),
});
type Generated = typeof attempt extends fc.Arbitrary<infer T> ? T : never;
const history = fc.array(attempt, { maxLength: 60 });
const inOrder = (attempts: readonly Generated[]) => attempts.toSorted((a, b) => a.startedAt - b.startedAt);
const factOf = (
  { outcome, ...others }: Generated,
  eventType: Parameters<typeof healthOfAttempt>[0]['eventType'],
) =>
  healthOfAttempt({ ...others, outcome, error: outcome === 'success' ? null : 'http_status', eventType }) ??
  [];

describe('what is done about an endpoint', () => {
  it('is done once, however often somebody looks', () => {
    fc.assert(
      fc.property(history, fc.array(fc.integer({ min: 0, max: 12 * DAY })), (attempts, looks) => {
        const watched = new Watched();
        const moments = [
          ...attempts.map(({ startedAt }) => startedAt + 1),
          ...looks,
          ...Array.from({ length: 13 * 24 }, (_, hour) => hour * HOUR),
        ].sort((a, b) => a - b);
        const rest = inOrder(attempts);
        for (const now of moments) {
          for (let next = rest[0]; next && next.startedAt < now; next = rest[0]) {
            watched.kept.apply([factOf(next, next.eventType)].flat());
            rest.shift();
          }
          watched.look(now);
          // A second instance finds nothing to do.
          expect(watched.look(now)).toEqual([]);
        }
        const names = watched.done.map(({ kind, failingSince }) => `${kind}/${failingSince}`);
        expect(new Set(names).size).toBe(names.length);
        // Each time of failures is announced in its order, and ends before the next one begins.
        const told = watched.done.map(({ kind }) => kind).join(' ');
        expect(told).toMatch(
          /^((failing( disabling_soon)? recovered ?)*(failing( disabling_soon)?( disabled)?|disabled)?)$/,
        );
      }),
    );
  });

  it('never follows from a notice: one that fails, in whatever way, leaves everything as it is', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...NOTICE_TYPES), (attempts, type) => {
        const watched = new Watched();
        for (const each of attempts.filter(({ outcome }) => outcome === 'failed')) {
          watched.kept.apply([factOf(each, type)].flat());
          watched.look(each.startedAt + 1);
        }
        expect(watched.look(90 * DAY)).toEqual([]);
        expect(watched.kept.health).toEqual(UNKNOWN_HEALTH);
      }),
    );
  });
});

import fc from 'fast-check';
import { NOTICE_TYPES } from '@skillora/contracts';

import { type Announced, decideHealth, type DecisionSituation, type HealthStep } from './decide-health.js';
import { UNKNOWN_HEALTH } from './endpoint-health.js';
import { healthOfAttempt } from './health-of-attempt.js';
import type { HealthRules } from './health-rules.js';
import { holdEnded } from './switched-on.js';
import { KeptHealth } from './testing/kept-health.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES: HealthRules = { failingAfterMs: HOUR, disableAfterMs: 5 * DAY, disableFailures: 20 };

/** Failures since 0, of which the last was at `lastAt`. */
function failing(count: number, more: Partial<DecisionSituation> = {}): DecisionSituation {
  const health = { ...UNKNOWN_HEALTH, failures: { count, firstAt: 0, lastAt: count } };
  return { health, isActive: true, isHeld: false, enabledAt: null, announced: null, ...more };
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
      steps: [{ kind: 'recovered', failingSince: 0, at: 7 * DAY }],
      announced: null,
    });
  });

  it('says that an endpoint which was switched on has recovered once something succeeds, and not before', () => {
    const on = failing(50, { enabledAt: 7 * DAY, ...announced('disabled') });
    expect(decideHealth(on, RULES, 8 * DAY)).toEqual({ steps: [], ...announced('disabled') });
    const health = { ...UNKNOWN_HEALTH, lastSuccessAt: 7 * DAY + 5 };
    expect(decideHealth({ ...on, health }, RULES, 8 * DAY)).toEqual({
      steps: [{ kind: 'recovered', failingSince: 0, at: 7 * DAY + 5 }],
      announced: null,
    });
  });

  it('begins afresh with failures after an endpoint was switched on, whatever was announced before', () => {
    const since = 7 * DAY + 1;
    const failures = { count: 20, firstAt: since, lastAt: since + 20 };
    const on = failing(20, {
      health: { ...UNKNOWN_HEALTH, failures },
      enabledAt: 7 * DAY,
      ...announced('disabled'),
    });
    expect(decideHealth(on, RULES, since + HOUR - 1)).toEqual({ steps: [], ...announced('disabled') });
    const decision = decideHealth(on, RULES, since + HOUR);
    expect(decision.announced).toEqual({ failingSince: since, level: 'failing' });
    expect(kinds({ ...on, announced: decision.announced }, since + 5 * DAY)).toEqual(['disabled']);
  });

  it('neither disables a held endpoint nor warns of it, unless it answered 410', () => {
    const held = failing(20, { isHeld: true, ...announced('failing') });
    expect(kinds(held, 9 * DAY)).toEqual([]);
    expect(kinds({ ...held, announced: null }, 9 * DAY)).toEqual(['failing']);
    expect(kinds({ ...held, health: { ...held.health, lastGoneAt: 1 } }, 2)).toEqual(['disabled']);
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
  isHeld = false;
  readonly done: HealthStep[] = [];

  /** Its customer switches it on, if it is off. */
  switchOn(now: number): void {
    if (!this.isActive) this.kept.enabledAt = now;
    this.isActive = true;
  }

  /** Its customer holds it, or resumes it if it is held. */
  holdOrResume(now: number): void {
    if (this.isHeld)
      this.kept.enabledAt =
        holdEnded(new Date(now), this.isActive).enabledAt?.getTime() ?? this.kept.enabledAt;
    this.isHeld = !this.isHeld;
  }

  look(now: number): readonly HealthStep[] {
    const { health, enabledAt } = this.kept;
    const { isActive, isHeld, announced } = this;
    const decision = decideHealth({ health, isActive, isHeld, enabledAt, announced }, RULES, now);
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

  it('is done once, whenever its customer switches it on, holds it or resumes it', () => {
    const customer = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 24 * DAY }),
        does: fc.constantFrom('switchOn', 'holdOrResume'),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(history, customer, (attempts, deeds) => {
        const watched = new Watched();
        const rest = inOrder(attempts);
        const looks = Array.from({ length: 25 * 6 }, (_, index) => ({
          at: index * 4 * HOUR,
          does: 'look' as const,
        }));
        for (const { at, does } of [...deeds, ...looks].toSorted((a, b) => a.at - b.at)) {
          for (let next = rest[0]; next && next.startedAt < at; next = rest[0]) {
            watched.kept.apply([factOf(next, next.eventType)].flat());
            rest.shift();
          }
          const steps = watched[does](at) ?? [];
          if (watched.isHeld) {
            expect(steps.filter((step) => step.kind === 'disabled' && step.reason === 'failing')).toEqual([]);
          }
          expect(watched.look(at)).toEqual(does === 'look' ? [] : expect.anything());
        }
        const names = watched.done.map(({ kind, failingSince }) => `${kind}/${failingSince}`);
        expect(new Set(names).size).toBe(names.length);
        // A time of failures may end without a word where its customer begins afresh, but never the other way round.
        expect(watched.done.map(({ kind }) => kind).join(' ')).toMatch(
          /^((failing( disabling_soon)?( disabled)?|disabled)( recovered)?( |$))*$/,
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

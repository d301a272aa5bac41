import type { HealthRules } from './health-rules.js';
import { type HealthSituation, presentHealth } from './present-health.js';

const RULES: HealthRules = { failingAfterMs: 1_000, disableAfterMs: 10_000, disableFailures: 3 };
const START = Date.UTC(2026, 0, 15, 14, 30);
const at = (ms: number): string => new Date(START + ms).toISOString();

const failing: HealthSituation = {
  health: {
    lastSuccessAt: START,
    lastGoneAt: null,
    failures: { count: 2, firstAt: START + 10, lastAt: START + 20 },
  },
  enabledAt: null,
  disabledReason: null,
};
const shown = (situation: HealthSituation, ms: number) => presentHealth(situation, RULES, START + ms);

describe('the health that customers see', () => {
  it('is healthy at first, and says how many deliveries have failed', () => {
    expect(shown(failing, 1_009)).toEqual({
      state: 'healthy',
      failing_since: null,
      last_success_at: at(0),
      consecutive_failures: 2,
    });
  });

  it('is failing when an hour has passed since the first failure, although nothing more arrives', () => {
    expect(shown(failing, 1_010)).toMatchObject({ state: 'failing', failing_since: at(10) });
  });

  it('is disabled when the system has disabled it, and not when its customer has', () => {
    expect(shown({ ...failing, disabledReason: 'failing' }, 30)).toMatchObject({
      state: 'disabled',
      failing_since: at(10),
    });
    expect(shown({ ...failing, disabledReason: null }, 30).state).toBe('healthy');
  });

  it('starts afresh when the endpoint is switched on again', () => {
    expect(shown({ ...failing, enabledAt: START + 25 }, 5_000)).toEqual({
      state: 'healthy',
      failing_since: null,
      last_success_at: at(0),
      consecutive_failures: 0,
    });
  });
});

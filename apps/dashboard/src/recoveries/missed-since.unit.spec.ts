import { missedSince } from './missed-since.js';

const HEALTH = {
  state: 'disabled',
  failing_since: '2026-01-10T12:00:00.000Z',
  last_success_at: null,
  consecutive_failures: 20,
} as const;
const DISABLED = { disabled_at: '2026-01-15T12:00:00.000Z', health: HEALTH };

describe('what an endpoint missed', () => {
  it('begins a day before the first failure, because a delivery fails later than its event was accepted', () => {
    expect(missedSince(DISABLED)).toBe('2026-01-09T12:00:00.000Z');
  });

  it('begins a day before the endpoint was disabled where a test has succeeded since', () => {
    const health = { ...HEALTH, failing_since: null };
    expect(missedSince({ ...DISABLED, health })).toBe('2026-01-14T12:00:00.000Z');
  });

  it('is nothing if the system has not disabled it', () => {
    expect(missedSince({ ...DISABLED, disabled_at: null })).toBeNull();
  });
});

import { hoursOf } from './hours.js';

const bucket = (start: string, attempts: number, success: number) => ({
  start,
  attempts,
  success,
  retrying: 0,
  failed: attempts - success,
  duration_p50_ms: 1,
  duration_p95_ms: 1,
});

it('every hour of a day has its state, those in which nothing was sent too', () => {
  const hours = hoursOf('2026-01-01T00:00:00.000Z', 4, [
    bucket('2026-01-01T01:00:00.000Z', 2, 2),
    bucket('2026-01-01T02:00:00.000Z', 2, 1),
    bucket('2026-01-01T03:00:00.000Z', 2, 0),
  ]);
  expect(hours.map(({ state }) => state)).toEqual(['none', 'good', 'mixed', 'bad']);
  expect(hours[1]?.start).toBe('2026-01-01T01:00:00.000Z');
});

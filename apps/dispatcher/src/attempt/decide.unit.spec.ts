import { type Attempt, type Delivery, RETRY_SCHEDULES, type RetryScheduleName } from '@skillora/contracts';
import fc from 'fast-check';

import { anyDelivery } from '../testing/any-delivery.js';
import { type AttemptEnd, decideAfterAttempt, decideWithoutAttempt } from './decide.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SCHEDULES = { standard: [MINUTE, 5 * MINUTE, 30 * MINUTE], extended: [MINUTE, 10 * HOUR, 24 * HOUR] };
const STANDARD = {};
const endedAt = new Date('2026-01-02T03:04:05.000Z');

const delivery = anyDelivery({ createdAt: '2026-01-02T03:04:00.000Z', dueAt: '2026-01-02T03:04:00.000Z' });

function ended(change: Partial<Attempt> = {}, rest: Partial<AttemptEnd> = {}): AttemptEnd {
  return {
    attempt: {
      startedAt: '2026-01-02T03:04:04.000Z',
      durationMs: 1_000,
      responseStatus: 500,
      responseBody: '',
      error: 'http_status',
      errorDetail: 'The endpoint answered with status 500.',
      ...change,
    },
    gone: false,
    retryAfterMs: null,
    ...rest,
  };
}

const inMinutes = (minutes: number): string => new Date(endedAt.getTime() + minutes * MINUTE).toISOString();

describe('after an attempt', () => {
  it('a 2xx is success and nothing follows', () => {
    const { result, next } = decideAfterAttempt(
      delivery,
      ended({ responseStatus: 204, error: null, errorDetail: null }),
      STANDARD,
      SCHEDULES,
      endedAt,
    );
    expect(result).toMatchObject({ status: 'success', error: null, nextRetryAt: null });
    expect(next).toBeNull();
  });

  it.each([
    [1, 1],
    [2, 5],
    [3, 30],
  ])('failure number %i is tried again after %i minutes, with the same body', (step, minutes) => {
    const { result, next } = decideAfterAttempt({ ...delivery, step }, ended(), STANDARD, SCHEDULES, endedAt);
    expect(result).toMatchObject({
      status: 'retrying',
      error: 'http_status',
      nextRetryAt: inMinutes(minutes),
      step,
    });
    expect(next).toEqual({ ...delivery, step: step + 1, dueAt: inMinutes(minutes) });
  });

  it('the fourth failure is the last', () => {
    const { result, next } = decideAfterAttempt(
      { ...delivery, step: 4 },
      ended(),
      STANDARD,
      SCHEDULES,
      endedAt,
    );
    expect(result).toMatchObject({ status: 'failed', error: 'http_status', nextRetryAt: null });
    expect(next).toBeNull();
  });

  it('a receiver that is gone gets nothing more', () => {
    const { result, next } = decideAfterAttempt(
      delivery,
      ended({}, { gone: true }),
      STANDARD,
      SCHEDULES,
      endedAt,
    );
    expect(result.status).toBe('failed');
    expect(next).toBeNull();
  });

  it('Retry-After puts the next attempt off, at most by an hour, and never brings it forward', () => {
    const after = (minutes: number): string | null =>
      decideAfterAttempt(
        delivery,
        ended({}, { retryAfterMs: minutes * MINUTE }),
        STANDARD,
        SCHEDULES,
        endedAt,
      ).result.nextRetryAt;
    expect(after(0)).toBe(inMinutes(1));
    expect(after(20)).toBe(inMinutes(20));
    expect(after(600)).toBe(inMinutes(60));
  });

  it('a test send is attempted once', () => {
    const test: Delivery = { ...delivery, eventType: 'test' };
    expect(decideAfterAttempt(test, ended(), STANDARD, SCHEDULES, endedAt)).toMatchObject({
      result: { status: 'failed', error: 'http_status' },
      next: null,
    });
  });

  it('a failure at an endpoint deleted meanwhile is the end; a success is a success', () => {
    expect(decideAfterAttempt(delivery, ended(), undefined, SCHEDULES, endedAt)).toMatchObject({
      result: { status: 'failed', error: 'endpoint_deleted', attempt: { error: 'http_status' } },
      next: null,
    });
    const success = ended({ error: null, responseStatus: 200 });
    expect(decideAfterAttempt(delivery, success, undefined, SCHEDULES, endedAt).result.status).toBe(
      'success',
    );
  });

  it('a manual retry that fails goes on with the automatic schedule from its start', () => {
    const manual: Delivery = { ...delivery, round: 2, step: 1, trigger: 'manual' };
    expect(decideAfterAttempt(manual, ended(), STANDARD, SCHEDULES, endedAt)).toMatchObject({
      result: { trigger: 'manual', status: 'retrying', nextRetryAt: inMinutes(1) },
      next: { round: 2, step: 2, trigger: 'automatic' },
    });
  });

  describe('with the schedule that its endpoint has at the failure', () => {
    const nextRetryAt = (
      step: number,
      retrySchedule: RetryScheduleName,
      retryAfterMs: number | null = null,
    ) =>
      decideAfterAttempt(
        { ...delivery, step },
        ended({}, { retryAfterMs }),
        { retrySchedule },
        SCHEDULES,
        endedAt,
      ).result.nextRetryAt;

    it('none: the first failure is the last', () => {
      expect(nextRetryAt(1, 'none')).toBeNull();
      expect(nextRetryAt(1, 'none', HOUR)).toBeNull();
    });

    it('extended: the same attempt has the same next one, which comes up to a tenth later', () => {
      const at = Date.parse(nextRetryAt(2, 'extended') ?? '');
      expect(at).toBeGreaterThanOrEqual(endedAt.getTime() + 10 * HOUR);
      expect(at).toBeLessThan(endedAt.getTime() + 11 * HOUR);
      expect(nextRetryAt(2, 'extended')).toBe(new Date(at).toISOString());
    });

    it('extended: Retry-After lengthens a shorter delay, and changes no longer one', () => {
      expect(nextRetryAt(1, 'extended', 20 * MINUTE)).toBe(inMinutes(20));
      expect(nextRetryAt(2, 'extended', HOUR)).toBe(nextRetryAt(2, 'extended'));
    });

    it('changed meanwhile: the new one goes on from the same attempt, if it has as many', () => {
      expect(nextRetryAt(3, 'standard')).toBe(inMinutes(30));
      expect(nextRetryAt(4, 'extended')).toBeNull();
      expect(nextRetryAt(3, 'none')).toBeNull();
    });

    it('unknown, of a later release: the standard one', () => {
      expect(nextRetryAt(1, 'weekly' as RetryScheduleName)).toBe(inMinutes(1));
    });
  });

  it('whatever happens there is a next attempt exactly when the result says retrying, due when it says', () => {
    fc.assert(
      fc.property(
        fc.record({
          step: fc.integer({ min: 1, max: 6 }),
          error: fc.constantFrom(null, 'http_status' as const, 'timeout' as const),
          gone: fc.boolean(),
          endpoint: fc.option(fc.record({ retrySchedule: fc.constantFrom(...RETRY_SCHEDULES) }), {
            nil: undefined,
          }),
          retryAfterMs: fc.option(fc.nat()),
        }),
        ({ step, error, gone, endpoint, retryAfterMs }) => {
          const end = ended({ error }, { gone, retryAfterMs });
          const { result, next } = decideAfterAttempt(
            { ...delivery, step },
            end,
            endpoint,
            SCHEDULES,
            endedAt,
          );
          expect(next !== null).toBe(result.status === 'retrying');
          expect(next?.dueAt ?? null).toBe(result.nextRetryAt);
        },
      ),
    );
  });
});

describe('without an attempt', () => {
  it.each(['endpoint_deleted', 'endpoint_inactive'] as const)(
    'a delivery ends as failed with %s',
    (error) => {
      expect(decideWithoutAttempt(delivery, error, endedAt)).toMatchObject({
        result: { status: 'failed', error, attempt: null, nextRetryAt: null },
        next: null,
      });
    },
  );
});

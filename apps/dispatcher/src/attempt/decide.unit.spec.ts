import type { Attempt, Delivery } from '@skillora/contracts';
import fc from 'fast-check';

import { anyDelivery } from '../testing/any-delivery.js';
import { type AttemptEnd, decideAfterAttempt, decideWithoutAttempt } from './decide.js';

const MINUTE = 60_000;
const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE];
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
      false,
      SCHEDULE,
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
    const { result, next } = decideAfterAttempt({ ...delivery, step }, ended(), false, SCHEDULE, endedAt);
    expect(result).toMatchObject({
      status: 'retrying',
      error: 'http_status',
      nextRetryAt: inMinutes(minutes),
      step,
    });
    expect(next).toEqual({ ...delivery, step: step + 1, dueAt: inMinutes(minutes) });
  });

  it('the fourth failure is the last', () => {
    const { result, next } = decideAfterAttempt({ ...delivery, step: 4 }, ended(), false, SCHEDULE, endedAt);
    expect(result).toMatchObject({ status: 'failed', error: 'http_status', nextRetryAt: null });
    expect(next).toBeNull();
  });

  it('a receiver that is gone gets nothing more', () => {
    const { result, next } = decideAfterAttempt(
      delivery,
      ended({}, { gone: true }),
      false,
      SCHEDULE,
      endedAt,
    );
    expect(result.status).toBe('failed');
    expect(next).toBeNull();
  });

  it('Retry-After puts the next attempt off, at most by an hour, and never brings it forward', () => {
    const after = (minutes: number): string | null =>
      decideAfterAttempt(delivery, ended({}, { retryAfterMs: minutes * MINUTE }), false, SCHEDULE, endedAt)
        .result.nextRetryAt;
    expect(after(0)).toBe(inMinutes(1));
    expect(after(20)).toBe(inMinutes(20));
    expect(after(600)).toBe(inMinutes(60));
  });

  it('a test send is attempted once', () => {
    const test: Delivery = { ...delivery, eventType: 'test' };
    expect(decideAfterAttempt(test, ended(), false, SCHEDULE, endedAt)).toMatchObject({
      result: { status: 'failed', error: 'http_status' },
      next: null,
    });
  });

  it('a failure at an endpoint deleted meanwhile is the end; a success is a success', () => {
    expect(decideAfterAttempt(delivery, ended(), true, SCHEDULE, endedAt)).toMatchObject({
      result: { status: 'failed', error: 'endpoint_deleted', attempt: { error: 'http_status' } },
      next: null,
    });
    const success = ended({ error: null, responseStatus: 200 });
    expect(decideAfterAttempt(delivery, success, true, SCHEDULE, endedAt).result.status).toBe('success');
  });

  it('a manual retry that fails goes on with the automatic schedule from its start', () => {
    const manual: Delivery = { ...delivery, round: 2, step: 1, trigger: 'manual' };
    expect(decideAfterAttempt(manual, ended(), false, SCHEDULE, endedAt)).toMatchObject({
      result: { trigger: 'manual', status: 'retrying', nextRetryAt: inMinutes(1) },
      next: { round: 2, step: 2, trigger: 'automatic' },
    });
  });

  it('whatever happens there is a next attempt exactly when the result says retrying, due when it says', () => {
    fc.assert(
      fc.property(
        fc.record({
          step: fc.integer({ min: 1, max: 6 }),
          error: fc.constantFrom(null, 'http_status' as const, 'timeout' as const),
          gone: fc.boolean(),
          deleted: fc.boolean(),
          retryAfterMs: fc.option(fc.nat()),
        }),
        ({ step, error, gone, deleted, retryAfterMs }) => {
          const end = ended({ error }, { gone, retryAfterMs });
          const { result, next } = decideAfterAttempt({ ...delivery, step }, end, deleted, SCHEDULE, endedAt);
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

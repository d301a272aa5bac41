import { NOTICE_TYPES } from '@skillora/contracts';

import { type CountedAttempt, healthOfAttempt } from './health-of-attempt.js';

const failed: CountedAttempt = {
  eventType: 'interview_completed',
  startedAt: 1_000,
  durationMs: 5,
  outcome: 'failed',
  responseStatus: 500,
  error: 'http_status',
};
const succeeded: CountedAttempt = { ...failed, outcome: 'success', responseStatus: 200, error: null };

describe('what an attempt says about the health of its endpoint', () => {
  it('is a success, also of a test send', () => {
    expect(healthOfAttempt(succeeded)).toEqual({ kind: 'success', at: 1_005 });
    expect(healthOfAttempt({ ...succeeded, eventType: 'test' })).toEqual({ kind: 'success', at: 1_005 });
  });

  it('is a failure when its delivery ended with it', () => {
    expect(healthOfAttempt(failed)).toEqual({ kind: 'failure', at: 1_005, gone: false });
    expect(healthOfAttempt({ ...failed, outcome: 'retrying' })).toBeNull();
  });

  it('is that the endpoint is gone after an answer 410', () => {
    expect(healthOfAttempt({ ...failed, responseStatus: 410 })).toMatchObject({ gone: true });
  });

  it('is nothing when a test send fails, or when the fault is our own', () => {
    expect(healthOfAttempt({ ...failed, eventType: 'test', responseStatus: 410 })).toBeNull();
    expect(healthOfAttempt({ ...failed, error: 'internal', responseStatus: null })).toBeNull();
  });

  it.each(NOTICE_TYPES)('is nothing when a notice fails (%s)', (eventType) => {
    const notice = { ...failed, eventType: eventType as CountedAttempt['eventType'] };
    expect(healthOfAttempt(notice)).toBeNull();
    expect(healthOfAttempt({ ...notice, responseStatus: 410 })).toBeNull();
  });
});

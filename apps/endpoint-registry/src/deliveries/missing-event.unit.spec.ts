import { isEventGone, MISSED_AFTER_MS } from './missing-event.js';

const now = Date.now();

describe('an event that the audit does not have', () => {
  it('is gone when retention has dropped data, and its delivery is not of today', () => {
    expect(isEventGone({ deliveredAt: now - MISSED_AFTER_MS - 1, hasDropped: true }, now)).toBe(true);
  });

  it.each([
    [
      'the delivery is new: the event may still come',
      { deliveredAt: now - MISSED_AFTER_MS, hasDropped: true },
    ],
    ['nothing was dropped: the log is being read', { deliveredAt: 0, hasDropped: false }],
  ])('is waited for where %s', (_, facts) => {
    expect(isEventGone(facts, now)).toBe(false);
  });
});

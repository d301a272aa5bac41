import { jest } from '@jest/globals';

import { checkWhatWaits } from './check-what-waits.js';
import { type RequestQueue, requestQueuePrototype } from './kafkajs-internals.js';

/** A connection's queue of kafkajs that was never throttled. */
function queueWith(pending: readonly unknown[]): RequestQueue {
  const state = { pending, throttledUntil: -1, throttleCheckTimeoutId: null };
  return Object.assign(Object.create(requestQueuePrototype()) as object, state) as unknown as RequestQueue;
}

describe('a connection', () => {
  beforeAll(checkWhatWaits);
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('sets no timer while no request waits', () => {
    queueWith([]).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('looks again soon while a request waits', () => {
    queueWith([{}]).scheduleCheckPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
  });
});

import { amendOnce, type RequestQueue, requestQueuePrototype } from './kafkajs-internals.js';

/**
 * Makes a connection of kafkajs look after requests that wait to be sent only when there are some. By itself every
 * connection looks a thousand times a second, for as long as it lives: the time of the next look is computed from a
 * throttling that has never been, so it lies in the past. Node then also prints a `TimeoutNegativeWarning`. A
 * request that has to wait still schedules a look, and so does each answer while others wait.
 *
 * Upstream: kafkajs #1556, #1704 and #1751 (open). Delete when a connection at rest sets no timer.
 */
export function checkWhatWaits(): void {
  amendOnce(
    requestQueuePrototype(),
    'scheduleCheckPendingRequests',
    (schedule) =>
      function (this: RequestQueue) {
        if (this.pending.length > 0) schedule.call(this);
      },
  );
}

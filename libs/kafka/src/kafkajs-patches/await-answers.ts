import {
  amendOnce,
  type RequestQueue,
  requestQueuePrototype,
  type SocketRequest,
} from './kafkajs-internals.js';

/** When the request of a connection that may wait the shortest has waited too long, and the timer until then. */
interface NextLook {
  /** Ms since the epoch. */
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

const looks = new WeakMap<RequestQueue, NextLook>();

/**
 * Makes a connection of kafkajs look for requests that got no answer in time only when one may be such. By itself every
 * connection looks ten times a second, for as long as it lives: a dispatcher at rest, with a producer for each unit, was
 * woken 470 times a second by its 47 connections. Requests may wait for seconds and nearly all are answered within
 * ms, so a connection at work now looks once in some seconds, and one without requests does not look at all.
 *
 * A request still fails as soon as its time is over.
 *
 * Upstream: no issue known. Delete when a connection at rest sets no timer for the time limits of its requests.
 */
export function awaitAnswers(): void {
  const prototype = requestQueuePrototype();
  amendOnce(prototype, 'scheduleRequestTimeoutCheck', () => () => undefined);
  amendOnce(
    prototype,
    'sendSocketRequest',
    (send) =>
      function (this: RequestQueue, request) {
        send.call(this, request);
        if (this.enforceRequestTimeout && request.expectResponse) lookAt(this, deadlineOf(request));
      },
  );
  amendOnce(
    prototype,
    'destroy',
    (destroy) =>
      function (this: RequestQueue) {
        // The end of a former socket must not end the time limits of what was sent on the next one.
        if (this.inflight.size === 0) forget(this);
        destroy.call(this);
      },
  );
}

/** Lets the request that waits the shortest be looked at in time; a look that comes earlier sees to it. */
function lookAt(queue: RequestQueue, at: number): void {
  const known = looks.get(queue);
  if (known && known.at <= at) return;
  if (known) clearTimeout(known.timer);
  const timer = setTimeout(() => look(queue), Math.max(1, at - Date.now()));
  timer.unref();
  looks.set(queue, { at, timer });
}

function look(queue: RequestQueue): void {
  forget(queue);
  const now = Date.now();
  // A request that ends lets others go, and may end them all.
  for (const request of [...queue.inflight.values()]) {
    if (deadlineOf(request) <= now && queue.inflight.has(request.correlationId)) request.timeoutRequest();
  }
  const deadlines = [...queue.inflight.values()].map(deadlineOf);
  if (deadlines.length > 0) lookAt(queue, Math.min(...deadlines));
}

function forget(queue: RequestQueue): void {
  const known = looks.get(queue);
  if (known) clearTimeout(known.timer);
  looks.delete(queue);
}

function deadlineOf({ sentAt, requestTimeout }: SocketRequest): number {
  return (sentAt ?? Date.now()) + requestTimeout;
}

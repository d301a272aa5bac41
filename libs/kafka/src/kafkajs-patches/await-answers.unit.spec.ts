import { EventEmitter } from 'node:events';

import { jest } from '@jest/globals';

import { awaitAnswers } from './await-answers.js';
import { checkWhatWaits } from './check-what-waits.js';
import { type RequestQueue, requestQueuePrototype } from './kafkajs-internals.js';

const logger = { debug: () => undefined };

/** A connection's queue of kafkajs, with requests that may wait 30 s unless they say otherwise. */
function connectedQueue(): RequestQueue {
  const Queue = requestQueuePrototype().constructor as new (options: object) => RequestQueue & EventEmitter;
  const queue = new Queue({ requestTimeout: 30_000, enforceRequestTimeout: true, logger });
  queue.scheduleRequestTimeoutCheck();
  return queue;
}

describe('a connection', () => {
  let failed: string[];
  let nextId: number;

  beforeAll(() => {
    checkWhatWaits();
    awaitAnswers();
  });
  beforeEach(() => {
    jest.useFakeTimers();
    [failed, nextId] = [[], 0];
  });
  afterEach(() => void jest.useRealTimers());

  function send(queue: RequestQueue, name: string, requestTimeout = 30_000): () => void {
    const correlationId = (nextId += 1);
    const reject = (): void => void failed.push(name);
    const entry = {
      correlationId,
      apiKey: 3,
      apiName: name,
      apiVersion: 0,
      resolve: () => undefined,
      reject,
    };
    const request = queue.createSocketRequest({ entry, expectResponse: true, sendRequest: () => undefined });
    request.requestTimeout = requestTimeout;
    queue.sendSocketRequest(request);
    return () => queue.fulfillRequest({ correlationId, payload: {}, size: 0 });
  }

  it('sets no timer before its first request', () => {
    connectedQueue();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets a request without an answer fail when its time is over, and not before', () => {
    const queue = connectedQueue();
    send(queue, 'patient');
    jest.advanceTimersByTime(1_000);
    send(queue, 'hasty', 5_000);
    jest.advanceTimersByTime(4_999);
    expect(failed).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(failed).toEqual(['hasty']);
    jest.advanceTimersByTime(23_999);
    expect(failed).toEqual(['hasty']);
    jest.advanceTimersByTime(1);
    expect(failed).toEqual(['hasty', 'patient']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets a later request fail in time when the one before was answered', () => {
    const queue = connectedQueue();
    const answer = send(queue, 'answered');
    jest.advanceTimersByTime(10_000);
    send(queue, 'lost');
    answer();
    jest.advanceTimersByTime(29_999);
    expect(failed).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(failed).toEqual(['lost']);
  });

  it('is at rest soon after all of its requests are answered, however many there were', () => {
    const queue = connectedQueue();
    for (let each = 0; each < 100; each += 1) send(queue, 'answered')();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(30_000);
    expect(jest.getTimerCount()).toBe(0);
    expect(failed).toEqual([]);
  });

  it('sets no timer any more once it is closed', () => {
    const queue = connectedQueue();
    send(queue, 'answered')();
    queue.destroy();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets a request fail in time that was sent before the end of the former socket was over', () => {
    const queue = connectedQueue();
    send(queue, 'lost');
    queue.destroy();
    jest.advanceTimersByTime(30_000);
    expect(failed).toEqual(['lost']);
  });
});

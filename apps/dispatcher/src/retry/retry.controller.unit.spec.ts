import 'reflect-metadata';

import { jest } from '@jest/globals';
import { deliverySchema, retryTopic } from '@skillora/contracts';
import type { ReceivedRecord, RecordBatch } from '@skillora/kafka';
import { createLogger, NO_TRACER } from '@skillora/operability';
import { register } from 'prom-client';

import type { DispatcherSettings } from '../settings.js';
import { anyDelivery } from '../testing/any-delivery.js';
import type { ManualRetries } from './manual-retries.js';
import { RetryController } from './retry.controller.js';

const NOW = Date.parse('2026-03-04T03:06:07.000Z');
const DELAY_MS = 1_000;
/** More than the tries of a turn and the seconds between them take. */
const LONG_ENOUGH_MS = 60_000;
const OFFSET = 7n;
const fault = new TypeError('x is undefined');

const delivery = anyDelivery({
  createdAt: new Date(NOW).toISOString(),
  step: 2,
  dueAt: new Date(NOW + DELAY_MS).toISOString(),
});

/**
 * What became of the waiting delivery: the topics of what was written for it, or the error it was given up
 * with.
 */
interface Outcome {
  done: readonly string[] | null;
  givenUpWith: unknown;
}

/**
 * A delivery that waits. Whether a later round of it counts is what its turn looks up first, and what fails.
 */
function wait(supersedes: ManualRetries['supersedes']): Outcome {
  const outcome: Outcome = { done: null, givenUpWith: null };
  const retry = new RetryController(
    { retryDelaysMs: [DELAY_MS] } as unknown as DispatcherSettings,
    createLogger('retry-test', 'silent'),
    NO_TRACER,
    { supersedes } as ManualRetries,
  );
  const record = { offset: OFFSET, value: deliverySchema.encode(delivery), headers: {}, timestamp: NOW };
  const batch: RecordBatch = {
    topic: retryTopic(1),
    partition: 0,
    records: [record as ReceivedRecord],
    ack: (_offset, records = []) => (outcome.done = records.map(({ topic }) => topic)),
    pauseAt: () => undefined,
    giveUp: (_offset, error) => (outcome.givenUpWith = error),
    isStale: () => false,
  };
  void retry.onRetries(batch);
  return outcome;
}

describe('a waiting delivery whose turn throws', () => {
  beforeEach(() => {
    register.clear();
    jest.useFakeTimers({ now: NOW });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is tried six times, a second apart, and then put aside with the error', async () => {
    const supersedes = jest.fn<ManualRetries['supersedes']>().mockImplementation(() => {
      throw fault;
    });
    const outcome = wait(supersedes);
    await jest.advanceTimersByTimeAsync(DELAY_MS + 4_500);
    expect(outcome).toEqual({ done: null, givenUpWith: null });
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(supersedes).toHaveBeenCalledTimes(6);
    expect(outcome).toEqual({ done: null, givenUpWith: fault });
  });

  it('once goes back to be attempted a second later', async () => {
    const supersedes = jest
      .fn<ManualRetries['supersedes']>()
      .mockImplementationOnce(() => {
        throw fault;
      })
      .mockReturnValue(false);
    const outcome = wait(supersedes);
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(outcome).toEqual({ done: ['webhook.deliveries'], givenUpWith: null });
  });
});

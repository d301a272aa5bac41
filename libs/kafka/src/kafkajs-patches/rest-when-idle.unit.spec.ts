import { jest } from '@jest/globals';

import { type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';
import { restAlone, restWhenIdle, waitOf } from './rest-when-idle.js';

const BUSY = { maxWaitTime: 100, minBytes: 1_000_000 };

describe('how long a broker may hold a fetch', () => {
  it('is what the consumer was created with, while it has records', () => {
    expect(waitOf({ ...BUSY, at: 0 }, false, 29_999)).toEqual(BUSY);
  });

  it('is long after 30 s without records, and the first byte ends it', () => {
    expect(waitOf({ ...BUSY, at: 0 }, false, 30_000)).toEqual({ maxWaitTime: 800, minBytes: 1 });
  });

  it('stays short while a partition is paused, because it joins only the next fetch when it is resumed', () => {
    expect(waitOf({ ...BUSY, at: 0 }, true, 99_999)).toEqual(BUSY);
  });

  it('is never made shorter', () => {
    const patient = { maxWaitTime: 5_000, minBytes: 1 };
    expect(waitOf({ ...patient, at: 0 }, false, 99_999)).toEqual(patient);
  });
});

describe('a fetch that is held', () => {
  beforeAll(restWhenIdle);
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** A membership whose brokers answer nothing. */
  function membership(groupId: string): ConsumerGroup {
    const state = {
      ...{ groupId, maxWaitTime: 100, minBytes: 1, subscriptionState: { paused: () => [] } },
      cluster: { refreshMetadataIfNecessary: () => new Promise(() => undefined) },
    };
    return Object.assign(
      Object.create(consumerGroupPrototype()) as object,
      state,
    ) as unknown as ConsumerGroup;
  }

  function waitAfterRest(group: ConsumerGroup): number {
    void group.fetch('0');
    jest.advanceTimersByTime(30_000);
    void group.fetch('0');
    return group.maxWaitTime;
  }

  it('is held longest for a member that is alone in its group, because nobody waits for it in a rebalance', () => {
    restAlone('alone', new AbortController().signal);
    expect(waitAfterRest(membership('alone'))).toBe(3_000);
    expect(waitAfterRest(membership('together'))).toBe(800);
  });

  it('is not waited for when a member ends that is alone in its group', async () => {
    const ending = new AbortController();
    restAlone('alone', ending.signal);
    const fetching = membership('alone').fetch('0');
    ending.abort();
    expect(await fetching).toEqual([]);
  });

  it('fails as it would for any member', async () => {
    restAlone('alone', new AbortController().signal);
    const group = membership('alone');
    Object.assign(group.cluster, {
      refreshMetadataIfNecessary: () => Promise.reject(new Error('no broker answers')),
      refreshMetadata: () => Promise.resolve(),
    });
    Object.assign(group, { recoverFromFetch: (error: Error) => Promise.reject(error) });
    await expect(group.fetch('0')).rejects.toThrow('no broker answers');
  });
});

import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

import type { HandledTopics } from './handled-topics.js';
import { lagByTopic, LagWatch } from './lag-watch.js';

const partition = (topic: string, number: number, records: number, seconds: number, stuckMs: number) => ({
  topic,
  partition: number,
  lag: () => ({ records, seconds }),
  stuckMs: () => stuckMs,
});

describe('the lag of a topic', () => {
  it('is the sum of records and the longest times of its partitions', () => {
    const partitions = [partition('a', 0, 3, 5, 1_000), partition('a', 1, 4, 2, 9_000)];
    expect([...lagByTopic(['a'], partitions, new Map(), 0)]).toEqual([
      { topic: 'a', records: 7, seconds: 5, stuckSeconds: 9 },
    ]);
  });

  it('is none where this instance has no partition of it', () => {
    expect([...lagByTopic(['a'], [partition('b', 0, 1, 1, 0)], new Map(), 0)]).toEqual([
      { topic: 'a', records: 0, seconds: 0, stuckSeconds: 0 },
    ]);
  });

  it('is measured against the end of each log, where it is known', () => {
    const ends = new Map([['a/0', { low: 2n, high: 8n }]]);
    const seen: unknown[] = [];
    const spied = {
      ...partition('a', 0, 0, 0, 0),
      lag: (end: unknown) => (seen.push(end), { records: 0, seconds: 0 }),
    };
    Array.from(lagByTopic(['a'], [spied, { ...spied, partition: 1 }], ends, 0));
    expect(seen).toEqual([
      { low: 2n, high: 8n },
      { low: 0n, high: 0n },
    ]);
  });
});

describe('the watch of the lag', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('reads the ends of a topic rarely while they do not move, and often again once they do', async () => {
    let [reads, end] = [0, 7];
    const fetchTopicOffsets = (): Promise<object[]> => {
      reads += 1;
      return Promise.resolve([{ partition: 0, low: '0', high: String(end) }]);
    };
    const watch = new LagWatch({
      groupId: 'deliver',
      admin: { fetchTopicOffsets } as unknown as Admin,
      topics: { all: ['events'] } as unknown as HandledTopics,
      partitions: { all: [] },
      closing: new AbortController().signal,
      logger: createLogger('kafka-test', 'silent'),
    });
    const readsIn = async (seconds: number): Promise<number> => {
      const before = reads;
      await jest.advanceTimersByTimeAsync(seconds * 1_000);
      return reads - before;
    };
    watch.start();
    expect(await readsIn(60)).toBeGreaterThanOrEqual(4);
    expect(await readsIn(600)).toBe(10);
    end += 1;
    await readsIn(60);
    end += 1;
    expect(await readsIn(30)).toBe(3);
    watch.stop();
  });
});

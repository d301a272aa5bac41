import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';

import type { GroupConsumer } from './group-consumer.js';
import { OffsetCommitter } from './offset-committer.js';
import { OffsetWindow } from './offset-window.js';
import type { OwnedPartition } from './owned-partition.js';

const logger = createLogger('kafka-test', 'silent');
type Consumer = Pick<GroupConsumer, 'current' | 'isMember'>;

describe('the committer of offsets', () => {
  let window: OffsetWindow;
  let committed: string[];
  let committer: OffsetCommitter;

  beforeEach(async () => {
    jest.useFakeTimers();
    window = new OffsetWindow({ offset: 0n, metadata: '' });
    committed = [];
    let taken = '0';
    const partition = {
      ...{ topic: 'events', partition: 0, window },
      get uncommitted() {
        const commit = window.commit();
        return String(commit.offset) === taken ? null : commit;
      },
      commitTaken: ({ offset }: { offset: bigint }) => void (taken = String(offset)),
    } as unknown as OwnedPartition;
    const commitOffsets = ([first]: { offset: string }[]): Promise<void> =>
      Promise.resolve(void committed.push(String(first?.offset)));
    const consumer = { isMember: true, current: { commitOffsets } } as unknown as Consumer;
    committer = new OffsetCommitter({ all: [partition] }, consumer, logger);
    committer.start();
    await jest.advanceTimersByTimeAsync(250);
  });
  afterEach(() => {
    committer.stop();
    jest.useRealTimers();
  });

  /** As a transport does when a record comes. */
  function take(offset: bigint): void {
    window.take(offset);
    committer.stir();
  }

  it('looks rarely while everything is committed', async () => {
    await jest.advanceTimersByTimeAsync(4_000);
    const before = jest.now();
    await jest.advanceTimersToNextTimerAsync();
    expect(jest.now() - before).toBeGreaterThan(500);
    expect(committed).toEqual([]);
  });

  it('commits a record that comes after a rest as soon as one without a rest', async () => {
    await jest.advanceTimersByTimeAsync(3_600_000);
    take(0n);
    window.done(0n);
    await jest.advanceTimersByTimeAsync(250);
    expect(committed).toEqual(['1']);
  });

  it('commits a record that is processed long after it came as soon as that is done', async () => {
    take(0n);
    await jest.advanceTimersByTimeAsync(61_000);
    window.done(0n);
    await jest.advanceTimersByTimeAsync(250);
    expect(committed).toEqual(['1']);
  });

  it('finds out by itself about positions that change in another way', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    window.pass(7n);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(committed).toEqual(['7']);
  });

  it('sets no timer any more once it is stopped', () => {
    committer.stop();
    committer.stir();
    expect(jest.getTimerCount()).toBe(0);
  });
});

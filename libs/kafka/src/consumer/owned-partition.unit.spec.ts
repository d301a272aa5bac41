import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';

import { FetchControl } from './fetch-control.js';
import { OffsetWindow } from './offset-window.js';
import { OwnedPartition } from './owned-partition.js';

const LIMITS = { records: 2, bytes: 1_000 };

function owned(limits: typeof LIMITS | null = LIMITS) {
  const closing = new AbortController();
  const fetching = new FetchControl(() => null, closing.signal, createLogger('test', 'silent'));
  const partition = new OwnedPartition({ topic: 't', partition: 0, fetching, limits, committer: () => null });
  return { partition, stopTaking: () => closing.abort() };
}

async function reading(offset = 0n, limits: typeof LIMITS | null = LIMITS) {
  const { partition, stopTaking } = owned(limits);
  const position = Promise.resolve(new OffsetWindow({ offset, metadata: '' }));
  partition.restore(position);
  await position;
  const { window } = partition;
  if (!window) throw new Error('the partition has no window');
  return { partition, window, stopTaking };
}

describe('a partition that this instance gains', () => {
  it('is restored before it is read', async () => {
    const { partition } = owned();
    const position = Promise.resolve(new OffsetWindow({ offset: 7n, metadata: '' }));
    partition.restore(position);
    expect(partition.state).toBe('restoring');
    expect(partition.window).toBeNull();
    await position;
    expect(partition.state).toBe('reading');
    expect(partition.window?.next).toBe(7n);
  });

  it('is never read when it is lost before its position is known', async () => {
    const { partition } = owned();
    const position = Promise.resolve(new OffsetWindow({ offset: 7n, metadata: '' }));
    partition.restore(position);
    partition.lose();
    await position;
    expect(partition.state).toBe('lost');
    expect(partition.window).toBeNull();
  });

  it('stays without a window when its position cannot be found any more', async () => {
    const { partition } = owned();
    const position = Promise.reject(new Error('closing'));
    partition.restore(position);
    await position.catch(() => undefined);
    expect(partition.state).toBe('restoring');
  });

  it('begins at once in a log that is new', () => {
    const { partition } = owned();
    partition.beginAt(3n, Promise.resolve());
    expect(partition.state).toBe('reading');
    expect(partition.window?.next).toBe(3n);
  });
});

describe('a partition that is read', () => {
  it('is full at its limit until half of it is processed', async () => {
    const { partition, window } = await reading();
    window.take(0n);
    partition.adjustFlow();
    expect(partition.state).toBe('reading');
    window.take(1n);
    partition.adjustFlow();
    expect(partition.state).toBe('full');
    partition.done(window, 0n);
    expect(partition.state).toBe('reading');
  });

  it('is never full when batches are handed over one after the other', async () => {
    const { partition, window } = await reading(0n, null);
    for (let offset = 0n; offset < 10n; offset += 1n) window.take(offset);
    partition.adjustFlow();
    expect(partition.state).toBe('reading');
  });

  it('rests for a while, also when it is full', async () => {
    jest.useFakeTimers();
    try {
      const { partition, window } = await reading();
      partition.rest(100);
      expect(partition.state).toBe('resting');
      window.take(0n);
      window.take(1n);
      partition.adjustFlow();
      expect(partition.state).toBe('resting');
      jest.advanceTimersByTime(100);
      expect(partition.state).toBe('full');
    } finally {
      jest.useRealTimers();
    }
  });

  it('reads on when a pause that its handler asked for is ended, but not when it rests after a failure', async () => {
    jest.useFakeTimers();
    try {
      const { partition } = await reading();
      partition.rest(100);
      partition.endPause();
      expect(partition.state).toBe('resting');
      jest.advanceTimersByTime(100);
      partition.isPaused = true;
      partition.rest(100);
      partition.endPause();
      expect(partition.state).toBe('reading');
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not rest once no more records are taken', async () => {
    const { partition, stopTaking } = await reading();
    stopTaking();
    partition.rest(100);
    expect(partition.state).toBe('reading');
  });

  it('says what is to be committed until Kafka has taken it', async () => {
    const { partition, window } = await reading(5n);
    window.take(5n);
    partition.done(window, 5n);
    const commit = partition.uncommitted;
    expect(commit).toEqual({ offset: 6n, metadata: '' });
    expect(partition.acknowledged).toBe(0n);
    partition.commitTaken({ offset: 6n, metadata: '' });
    expect(partition.uncommitted).toBeNull();
    expect(partition.acknowledged).toBe(6n);
    partition.lose();
    expect(partition.uncommitted).toBeNull();
  });

  it('is of another log when it ends before what was read, or begins before what was committed', async () => {
    const { partition, window } = await reading();
    window.take(9n);
    expect(partition.isAnotherLog({ firstOffset: 3n, highWatermark: 10n })).toBe(false);
    expect(partition.isAnotherLog({ firstOffset: 3n, highWatermark: 9n })).toBe(true);
    partition.commitTaken({ offset: 8n, metadata: '' });
    // Not before the group is joined again: until then an earlier fetch may still arrive.
    expect(partition.isAnotherLog({ firstOffset: 7n, highWatermark: 10n })).toBe(false);
    partition.stay();
    expect(partition.isAnotherLog({ firstOffset: 7n, highWatermark: 10n })).toBe(true);
    expect(partition.isAnotherLog({ firstOffset: null, highWatermark: 10n })).toBe(false);
  });

  it('moves past a range without records when it follows what was read, or what was deleted', async () => {
    const { partition, window } = await reading(5n);
    partition.passRange(6n, 8n, 0n);
    expect(window.next).toBe(5n);
    partition.passRange(5n, 8n, 0n);
    expect(window.next).toBe(8n);
    partition.passRange(20n, 22n, 20n);
    expect(window.next).toBe(22n);
  });
});

describe('the progress of a partition', () => {
  const END = { low: 0n, high: 10n };

  it('is missed from when records are first seen that nobody reads', async () => {
    const { partition, window } = await reading();
    const now = Date.now();
    partition.observeEnd(END, now);
    expect(partition.stuckMs(now + 500)).toBe(500);
    window.take(0n);
    expect(partition.stuckMs(now + 500)).toBe(0);
  });

  it('is not missed while the partition is full, or its handler wants the records later', async () => {
    const { partition, window } = await reading();
    const now = Date.now();
    partition.isPaused = true;
    partition.observeEnd(END, now);
    expect(partition.stuckMs(now + 500)).toBe(0);
    partition.isPaused = false;
    window.take(0n);
    window.take(1n);
    partition.adjustFlow();
    partition.observeEnd(END, now);
    expect(partition.stuckMs(now + 500)).toBe(0);
  });

  it('is missed from when it was gained while it is restored, and from its first failure on', async () => {
    const before = Date.now();
    const { partition } = owned();
    expect(partition.stuckMs(before + 60_000)).toBeGreaterThan(0);
    const started = await reading();
    const now = Date.now();
    started.partition.trials.failed(1, false, now);
    expect(started.partition.stuckMs(now + 300)).toBe(300);
  });

  it('shows as lag: records to the end of the log, and none while the partition is restored', async () => {
    const { partition, window } = await reading(4n);
    window.take(4n, 0, 1_000);
    expect(partition.lag(END, 3_000)).toEqual({ records: 6, seconds: 2 });
    expect(owned().partition.lag(END, 3_000)).toEqual({ records: 0, seconds: 0 });
  });

  it('is no time behind for records that were read since the last look at the end of the log', async () => {
    const { partition, window } = await reading();
    const now = Date.now();
    partition.observeEnd(END, now);
    expect(partition.lag(END, now + 500).seconds).toBe(0.5);
    window.take(0n);
    window.done(0n);
    expect(partition.lag(END, now + 500).seconds).toBe(0);
  });
});

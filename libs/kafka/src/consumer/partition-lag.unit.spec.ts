import { partitionLag, type PartitionProgress, unreadSince } from './partition-lag.js';

const NOW = 1_000_000;
const state = (change: Partial<PartitionProgress>): PartitionProgress => ({
  watermark: 10n,
  inFlight: 0,
  waitingSince: null,
  end: { low: 0n, high: 10n },
  unread: null,
  ...change,
});

describe('the lag of a partition', () => {
  it('is nothing when all is done', () =>
    expect(partitionLag(state({}), NOW)).toEqual({ records: 0, seconds: 0 }));

  it('is what is not done, and the age of the oldest of it', () => {
    const behind = state({ watermark: 4n, inFlight: 2, waitingSince: NOW - 5_000 });
    expect(partitionLag(behind, NOW)).toEqual({ records: 6, seconds: 5 });
  });

  it('is at least what was taken since the last look at the end of the log', () =>
    expect(partitionLag(state({ inFlight: 3, waitingSince: NOW }), NOW)).toEqual({ records: 3, seconds: 0 }));

  it('leaves out what was deleted before it was read', () =>
    expect(partitionLag(state({ watermark: 0n, end: { low: 8n, high: 10n } }), NOW).records).toBe(2));

  it('has the age of records that nobody reads', () => {
    const unread = state({ watermark: 8n, unread: { offset: 8n, since: NOW - 90_000 } });
    expect(partitionLag(unread, NOW)).toEqual({ records: 2, seconds: 90 });
  });
});

describe('records that are not read', () => {
  const first = unreadSince(null, 5n, 8n, NOW);

  it('are so since they were first seen there', () =>
    expect(unreadSince(first, 5n, 9n, NOW + 7_000)).toEqual({ offset: 5n, since: NOW }));

  it('are others once some were read', () =>
    expect(unreadSince(first, 6n, 9n, NOW + 7_000)).toEqual({ offset: 6n, since: NOW + 7_000 }));

  it('are none when the end is reached', () => expect(unreadSince(first, 8n, 8n, NOW)).toBeNull());
});

import type { Bucket, Statistics } from '../api/types.js';
import { dayOf, LISTED_ENDPOINTS } from './endpoint-day.js';

const count = { attempts: 2, success: 1, retrying: 0, failed: 1, duration_p50_ms: 1, duration_p95_ms: 1 };
const bucket = (hour: number): Bucket => ({ ...count, start: `2026-01-01T0${hour}:00:00.000Z` });
const statistics = (listed: readonly string[]): Statistics => ({
  interval: 'hour',
  since: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T03:00:00.000Z',
  total: count,
  buckets: [bucket(0), bucket(1), bucket(2)],
  endpoints: listed.map((endpoint_id) => ({ ...count, endpoint_id, buckets: [bucket(1)] })),
});

describe('the day of an endpoint', () => {
  it('has every hour, those in which nothing was sent to it too', () => {
    const day = dayOf({ id: 'mine' }, statistics(['other', 'mine']));
    expect(day?.buckets.map(({ attempts }) => attempts)).toEqual([0, 2, 0]);
    expect(day?.total).toMatchObject(count);
  });

  it('is empty where nothing was sent to it at all', () => {
    const day = dayOf({ id: 'mine' }, statistics(['other']));
    expect(day?.buckets.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    expect(day?.total).toBeUndefined();
  });

  it('is not known of an endpoint that may have been left out', () => {
    const others = Array.from({ length: LISTED_ENDPOINTS }, (_, index) => `other ${index}`);
    expect(dayOf({ id: 'mine' }, statistics(others))).toBeUndefined();
    expect(dayOf({ id: 'other 7' }, statistics(others))).toBeDefined();
  });
});

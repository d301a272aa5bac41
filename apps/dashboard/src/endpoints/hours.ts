import type { Bucket } from '../api/types.js';

const HOUR_MS = 3_600_000;

/** The results of the attempts of one hour. */
export interface Hour {
  readonly start: string;
  readonly attempts: number;
  readonly success: number;
  readonly state: 'none' | 'good' | 'mixed' | 'bad';
}

/** Every hour from `since` on, including those without attempts. */
export function hoursOf(since: string, hours: number, buckets: readonly Bucket[]): Hour[] {
  const known = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  return Array.from({ length: hours }, (_, index) => {
    const start = Date.parse(since) + index * HOUR_MS;
    const { attempts = 0, success = 0 } = known.get(start) ?? {};
    const state = attempts === 0 ? 'none' : success === attempts ? 'good' : success === 0 ? 'bad' : 'mixed';
    return { start: new Date(start).toISOString(), attempts, success, state };
  });
}

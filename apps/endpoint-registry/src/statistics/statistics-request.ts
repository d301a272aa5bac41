import { InvalidFieldsException, readQuery } from '@skillora/rest';

import { STATISTICS_PARAMETERS } from './statistics-operation.js';

/** The lengths of the buckets in an answer, ms. */
export const INTERVALS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Interval = keyof typeof INTERVALS;

/** How long minutes are kept, ms; hours and days are kept as long as any data. */
export const MINUTES_KEPT_MS = 48 * 3_600_000;

const MAX_BUCKETS = 3_000;
/** Each endpoint has buckets of its own. */
const MAX_BUCKETS_BY_ENDPOINT = 200;
const DEFAULT_BUCKETS: Record<Interval, number> = { minute: 60, hour: 24, day: 30 };

/** The requested statistics: whole buckets from `since` on and before `until`, ms since the epoch. */
export interface StatisticsRequest {
  readonly interval: Interval;
  readonly since: number;
  readonly until: number;
  readonly endpointId: string | undefined;
  readonly byEndpoint: boolean;
}

/**
 * Reads the query of `webhook-stats`. Times are extended to whole buckets; by default the newest 60 minutes,
 * 24 hours or 30 days.
 * @throws {InvalidFieldsException} naming every parameter that is bad or asks for too much.
 */
export function readStatisticsRequest(query: Record<string, unknown>, now: number): StatisticsRequest {
  const asked = readQuery(query, STATISTICS_PARAMETERS);
  const interval = asked.interval ?? 'minute';
  const width = INTERVALS[interval];
  const until = Math.ceil((asked.until?.getTime() ?? now + 1) / width) * width;
  const since = asked.since
    ? Math.floor(asked.since.getTime() / width) * width
    : until - DEFAULT_BUCKETS[interval] * width;
  const byEndpoint = asked.group_by === 'endpoint';
  const most = byEndpoint ? MAX_BUCKETS_BY_ENDPOINT : MAX_BUCKETS;
  if (since >= until) throw new InvalidFieldsException({ since: ['Must be before `until`.'] });
  if ((until - since) / width > most) {
    throw new InvalidFieldsException({
      since: [`No more than ${most} ${interval}s can be asked for at once; take a wider interval.`],
    });
  }
  if (interval === 'minute' && since < now - MINUTES_KEPT_MS) {
    throw new InvalidFieldsException({ since: ['Minutes are kept for 48 hours; take the interval `hour`.'] });
  }
  return { interval, since, until, endpointId: asked.endpoint_id, byEndpoint };
}

import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { type Column, names, parameters, values } from './columns.js';
import { DURATION_CLASSES, durationClass } from './duration-histogram.js';
import type { AttemptMade, AttemptOutcome, DeliveryIdentity } from './facts.js';

/** The lengths of the buckets, seconds. */
export const BUCKET_WIDTHS = { minute: 60, hour: 3_600 } as const;

/** What a transaction adds to one bucket of an endpoint. */
interface Bucket {
  readonly organizationId: string;
  readonly endpointId: string;
  readonly width: number;
  /** When the bucket begins, ms since the epoch. */
  readonly start: number;
  readonly counts: Record<AttemptOutcome, number>;
  readonly durations: number[];
}

/**
 * Counts attempts by endpoint, and by minute and hour of their start, so that statistics only need to be
 * read. Hours are counted beside minutes and not computed from them later: one more row in the same statement
 * costs less than a job. Like the endpoints' numbers, buckets are written once in a transaction, in the order
 * of their keys.
 */
export class AttemptBuckets {
  private readonly buckets = new Map<string, Bucket>();

  /** Counts an attempt that was added and did not exist before. */
  add(
    { organizationId, endpointId }: Pick<DeliveryIdentity, 'organizationId' | 'endpointId'>,
    { startedAt, durationMs, outcome }: Pick<AttemptMade, 'startedAt' | 'durationMs' | 'outcome'>,
  ): void {
    for (const width of Object.values(BUCKET_WIDTHS)) {
      const start = Math.floor(startedAt / (width * 1_000)) * width * 1_000;
      const key = `${organizationId}/${width}/${String(start).padStart(16, '0')}/${endpointId}`;
      let bucket = this.buckets.get(key);
      if (!bucket) {
        bucket = {
          organizationId,
          endpointId,
          width,
          start,
          counts: { success: 0, retrying: 0, failed: 0 },
          durations: Array.from({ length: DURATION_CLASSES }, () => 0),
        };
        this.buckets.set(key, bucket);
      }
      bucket.counts[outcome] += 1;
      const index = durationClass(durationMs);
      bucket.durations[index] = (bucket.durations[index] ?? 0) + 1;
    }
  }

  async write(client: PoolClient): Promise<void> {
    if (this.buckets.size === 0) return;
    const sorted = [...this.buckets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bucket]) => bucket);
    await queryPrepared(
      client,
      `INSERT INTO attempt_buckets AS known (${names(COLUMNS)})
       SELECT organization_id, width, start, endpoint_id, success, retrying, failed, durations::integer[]
         FROM unnest(${parameters(COLUMNS)}) AS counted (${names(COLUMNS)})
       ON CONFLICT (organization_id, width, start, endpoint_id) DO UPDATE SET
         success = known.success + excluded.success,
         retrying = known.retrying + excluded.retrying,
         failed = known.failed + excluded.failed,
         durations = ARRAY(SELECT a + b FROM unnest(known.durations, excluded.durations) AS classes (a, b))`,
      values(COLUMNS, sorted),
    );
  }
}

const COLUMNS: readonly Column<Bucket>[] = [
  { name: 'organization_id', type: 'uuid', value: ({ organizationId }) => organizationId },
  { name: 'width', type: 'integer', value: ({ width }) => width },
  { name: 'start', type: 'timestamptz', value: ({ start }) => start },
  { name: 'endpoint_id', type: 'uuid', value: ({ endpointId }) => endpointId },
  { name: 'success', type: 'integer', value: ({ counts }) => counts.success },
  { name: 'retrying', type: 'integer', value: ({ counts }) => counts.retrying },
  { name: 'failed', type: 'integer', value: ({ counts }) => counts.failed },
  { name: 'durations', type: 'text', value: ({ durations }) => `{${durations.join(',')}}` },
];

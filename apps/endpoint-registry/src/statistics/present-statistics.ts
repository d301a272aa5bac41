import { percentile } from '../projection/duration-histogram.js';
import type { BucketCount, Count, EndpointCount } from './statistics-queries.js';
import { INTERVALS, type StatisticsRequest } from './statistics-request.js';

const NOTHING: Count = { success: 0, retrying: 0, failed: 0, durations: [] };

/**
 * Statistics as customers see them: each bucket of the request, including those without attempts, and their
 * total. For single endpoints, only buckets with attempts are listed, since most endpoints have few.
 */
export function presentStatistics(
  { interval, since, until }: StatisticsRequest,
  counts: readonly BucketCount[],
  byEndpoint: readonly EndpointCount[] | null,
) {
  const known = new Map(counts.map((count) => [count.start, count]));
  const starts = Array.from(
    { length: (until - since) / INTERVALS[interval] },
    (_, index) => since + index * INTERVALS[interval],
  );
  return {
    interval,
    since: iso(since),
    until: iso(until),
    total: presentCount(sum(counts)),
    buckets: starts.map((start) => presentBucket({ ...NOTHING, ...known.get(start), start })),
    ...(byEndpoint && { endpoints: presentEndpoints(byEndpoint) }),
  };
}

function presentEndpoints(counts: readonly EndpointCount[]) {
  const endpoints = new Map<string, EndpointCount[]>();
  for (const count of counts) {
    const known = endpoints.get(count.endpointId);
    if (known) known.push(count);
    else endpoints.set(count.endpointId, [count]);
  }
  return [...endpoints].map(([endpointId, buckets]) => ({
    endpoint_id: endpointId,
    ...presentCount(sum(buckets)),
    buckets: buckets.map(presentBucket),
  }));
}

function presentBucket({ start, ...count }: BucketCount) {
  return { start: iso(start), ...presentCount(count) };
}

function presentCount({ success, retrying, failed, durations }: Count) {
  return {
    attempts: success + retrying + failed,
    success,
    retrying,
    failed,
    duration_p50_ms: percentile(durations, 0.5),
    duration_p95_ms: percentile(durations, 0.95),
  };
}

function sum(counts: readonly Count[]): Count {
  const durations: number[] = [];
  const total = { success: 0, retrying: 0, failed: 0, durations };
  for (const each of counts) {
    total.success += each.success;
    total.retrying += each.retrying;
    total.failed += each.failed;
    for (let index = 0; index < each.durations.length; index += 1) {
      durations[index] = (durations[index] ?? 0) + (each.durations[index] ?? 0);
    }
  }
  return total;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

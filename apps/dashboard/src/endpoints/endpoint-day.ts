import type { Count, Endpoint, EndpointCount, Statistics } from '../api/types.js';

/**
 * The maximum number of endpoints in the API's statistics by endpoint; those with the most failures come
 * first.
 */
export const LISTED_ENDPOINTS = 200;

/** The results of an endpoint within a day. */
export type Day = Pick<Statistics, 'since' | 'buckets'> & { readonly total: Count | undefined };

/**
 * The last day of an endpoint, from the statistics of all. Undefined when they do not show it, because the
 * API lists only a limited number of endpoints.
 */
export function dayOf({ id }: Pick<Endpoint, 'id'>, all: Statistics): Day | undefined {
  const listed = all.endpoints ?? [];
  const own: EndpointCount | undefined = listed.find(({ endpoint_id }) => endpoint_id === id);
  if (!own && listed.length >= LISTED_ENDPOINTS) return undefined;
  const counted = new Map(own?.buckets.map((bucket) => [bucket.start, bucket]));
  const nothing = {
    attempts: 0,
    success: 0,
    retrying: 0,
    failed: 0,
    duration_p50_ms: null,
    duration_p95_ms: null,
  };
  const buckets = all.buckets.map(({ start }) => counted.get(start) ?? { ...nothing, start });
  return { since: all.since, buckets, total: own };
}

import type { Page } from '@skillora/rest';

import type { EventRow } from './event-queries.js';

/**
 * An event as customers see it, as JSON. Its payload is compact JSON in the database and is passed on as it is: to
 * parse and write 4 MiB again for each page would keep all other requests waiting.
 */
export function eventJson({
  id,
  event_type,
  payload,
  occurred_at,
  created_at,
  deliveries,
}: EventRow): string {
  const before = JSON.stringify({ id, event_type });
  const after = JSON.stringify({
    occurred_at: occurred_at.toISOString(),
    created_at: created_at.toISOString(),
    deliveries: { pending: 0, retrying: 0, success: 0, failed: 0, filtered: 0, ...deliveries },
  });
  return `${before.slice(0, -1)},"payload":${payload},${after.slice(1)}`;
}

/** A page of events as customers see it, as JSON. */
export function eventPageJson({ results, ...links }: Page<EventRow>): string {
  return `${JSON.stringify(links).slice(0, -1)},"results":[${results.map(eventJson).join(',')}]}`;
}

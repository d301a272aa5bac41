import {
  type CanonicalEvent,
  canonicalEventSchema,
  recordHeaders,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/**
 * The record of an accepted event, keyed by organisation.
 * @param trace a sound one, or none.
 */
export function eventRecord(event: CanonicalEvent, trace: TraceContext): OutgoingRecord {
  return {
    topic: Topics.events,
    key: event.organizationId,
    value: canonicalEventSchema.encode(event),
    headers: recordHeaders(canonicalEventSchema, trace),
  };
}

import {
  type CanonicalEvent,
  canonicalEventSchema,
  RecordHeaders,
  recordHeaders,
  type RecordOrigin,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/**
 * The record of an accepted event, keyed by organisation.
 * @param trace a valid trace context, or none.
 * @param origin the position of its producer's record; none when it came over HTTP.
 */
export function eventRecord(
  event: CanonicalEvent,
  trace: TraceContext,
  origin?: Pick<RecordOrigin, 'topic' | 'partition' | 'offset'>,
): OutgoingRecord {
  return {
    topic: Topics.events,
    key: event.organizationId,
    value: canonicalEventSchema.encode(event),
    headers: {
      ...recordHeaders(canonicalEventSchema, trace),
      ...(origin ? { [RecordHeaders.origin]: `${origin.topic}/${origin.partition}/${origin.offset}` } : {}),
    },
  };
}

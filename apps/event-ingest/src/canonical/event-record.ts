import {
  type CanonicalEvent,
  canonicalEventSchema,
  recordHeaders,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;
const MAX_TRACESTATE = 512;

/** The record of an accepted event, keyed by organisation; a trace that is none is left behind. */
export function eventRecord(event: CanonicalEvent, trace: TraceContext): OutgoingRecord {
  return {
    topic: Topics.events,
    key: event.organizationId,
    value: canonicalEventSchema.encode(event),
    headers: recordHeaders(canonicalEventSchema, soundTrace(trace)),
  };
}

/** W3C Trace Context: whoever gets a malformed traceparent ignores both headers. */
function soundTrace({ traceparent, tracestate }: TraceContext): TraceContext {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  return { traceparent, ...((tracestate?.length ?? 0) > MAX_TRACESTATE ? {} : { tracestate }) };
}

/** W3C trace context as it travels in record headers (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/**
 * Version, trace id, span id, flags. Ids of only zeros and version ff are invalid (W3C Trace Context, §3.2).
 */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}$/;
/** The length that everybody must pass on at least (§3.3.1.5), and our limit. */
const MAX_TRACESTATE = 512;
const TRACESTATE = /^[\t\x20-\x7e]*$/;

/**
 * The part of a context from outside that may be passed on. With a malformed `traceparent` both are ignored,
 * as the standard requires. A `tracestate` that is too long or not plain text is left out alone.
 */
export function soundTrace({ traceparent, tracestate }: TraceContext): TraceContext {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  if (!tracestate || tracestate.length > MAX_TRACESTATE || !TRACESTATE.test(tracestate))
    return { traceparent };
  return { traceparent, tracestate };
}

/** The trace fields of a log line, with OpenTelemetry's names; empty without a trace. */
export function traceIds({ traceparent }: TraceContext): { trace_id?: string; span_id?: string } {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId };
}

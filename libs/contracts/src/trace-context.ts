/** W3C trace context as it travels in record headers (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Version, trace id, span id, flags; ids of zeros alone and version ff are none (W3C Trace Context, §3.2). */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}$/;
/** What everybody is to pass on at least (§3.3.1.5), and all that we do. */
const MAX_TRACESTATE = 512;
const TRACESTATE = /^[\t\x20-\x7e]*$/;

/**
 * What of a context that came from outside may be carried on. A malformed `traceparent` makes both be ignored, as the
 * standard has it; a `tracestate` that is too long or no plain text is left behind alone.
 */
export function soundTrace({ traceparent, tracestate }: TraceContext): TraceContext {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  if (!tracestate || tracestate.length > MAX_TRACESTATE || !TRACESTATE.test(tracestate))
    return { traceparent };
  return { traceparent, tracestate };
}

/** What a log line about something of a trace carries, by the names that OpenTelemetry gives them; nothing without a trace. */
export function traceIds({ traceparent }: TraceContext): { trace_id?: string; span_id?: string } {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId };
}

import { soundTrace, type TraceContext } from '@skillora/contracts';

/** The parent and the links of the span that accepts an event. */
export interface EventTrace {
  readonly parent: TraceContext;
  readonly links: readonly TraceContext[];
}

/**
 * Chooses the trace that an event continues: that of its record or request, or, if the headers name none, the
 * one that the producer wrote into the event. The other one becomes a link.
 * @param header the trace context in the headers, unchecked.
 * @param origin the trace context in the event, unchecked.
 * @param request the span of the request, if it is recorded.
 */
export function eventTrace(header: TraceContext, origin: TraceContext, request?: TraceContext): EventTrace {
  const [carried, written] = [soundTrace(header), soundTrace(origin)];
  const brought = request ?? carried;
  return carried.traceparent === undefined && written.traceparent !== undefined
    ? { parent: written, links: [brought] }
    : { parent: brought, links: [written] };
}

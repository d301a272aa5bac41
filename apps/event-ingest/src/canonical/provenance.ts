import { soundTrace, type TraceContext } from '@skillora/contracts';

/** What the acceptance of an event is part of, and what else it has to do with. */
export interface Provenance {
  readonly parent: TraceContext;
  readonly links: readonly TraceContext[];
}

/**
 * The trace that an event goes on in: that of the record or request which brought it, and where its headers name none,
 * the one that its producer wrote into the event. The other of the two is linked.
 * @param header what came in the headers, unchecked.
 * @param origin what stands in the event, unchecked.
 * @param request the span of the request, where that is recorded.
 */
export function provenanceOf(header: TraceContext, origin: TraceContext, request?: TraceContext): Provenance {
  const [carried, written] = [soundTrace(header), soundTrace(origin)];
  const brought = request ?? carried;
  return carried.traceparent === undefined && written.traceparent !== undefined
    ? { parent: written, links: [brought] }
    : { parent: brought, links: [written] };
}

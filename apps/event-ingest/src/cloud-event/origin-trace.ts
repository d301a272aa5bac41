import type { TraceContext } from '@skillora/contracts';

import type { UncheckedEvent } from './cloud-event.js';

/**
 * The trace in which an event came about, as its producer wrote it into the event (CloudEvents, Distributed Tracing
 * extension). Nothing of it is checked.
 */
export function originTrace({ attributes }: UncheckedEvent): TraceContext {
  const { traceparent, tracestate } = attributes;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

import type { TraceContext } from '@skillora/contracts';

import type { UncheckedEvent } from './cloud-event.js';

/**
 * The trace context that the producer wrote into the event (CloudEvents, Distributed Tracing extension),
 * unchecked.
 */
export function originTrace({ attributes }: UncheckedEvent): TraceContext {
  const { traceparent, tracestate } = attributes;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

import type { Delivery, TraceContext } from '@skillora/contracts';
import { type ReceivedRecord, traceOf } from '@skillora/kafka';
import { deliveryAttributes, type Tracer } from '@skillora/operability';

/**
 * Records the time that a delivery has waited in a retry topic, since the end of the attempt before.
 * @returns the trace context for the next attempt.
 */
export function recordWaiting(
  tracer: Tracer,
  record: Pick<ReceivedRecord, 'headers' | 'timestamp'>,
  delivery: Delivery,
  topic: string,
): TraceContext {
  const span = tracer.start('wait for retry', {
    role: 'internal',
    parent: traceOf(record),
    startedAt: record.timestamp,
    attributes: { ...deliveryAttributes(delivery), 'messaging.destination.name': topic },
  });
  span.end({ attributes: { 'webhook.retry.due_at': delivery.dueAt } });
  return span.context;
}

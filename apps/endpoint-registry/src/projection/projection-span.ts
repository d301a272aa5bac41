import { type ReceivedRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import type { Span, Tracer } from '@skillora/operability';

/**
 * Begins a span for each result of a batch. A delivery's trace ends here, because the audit now shows the
 * result.
 */
export function startProjecting(tracer: Tracer, { records }: Pick<RecordBatch, 'records'>): Span[] {
  return records.map((record) =>
    tracer.start('project', { role: 'consumer', parent: traceOf(record), attributes: attributesOf(record) }),
  );
}

/** The key of a result is its delivery. */
function attributesOf({ key }: Pick<ReceivedRecord, 'key'>) {
  return { 'webhook.delivery.id': key ?? undefined };
}

import { type Delivery, deliverySchema, recordHeaders, Topics, type TraceContext } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/** The size of a delivery without its body, bytes: ids, times, headers. */
export const BYTES_BESIDE_BODY = 600;

/**
 * The estimated total size of deliveries as records, bytes. It is a little too low; the exact size would
 * need all records.
 */
export function bytesOf(deliveries: readonly Delivery[]): number {
  return deliveries.reduce((sum, { body }) => sum + body.length + BYTES_BESIDE_BODY, 0);
}

/**
 * The deliveries of one event as records. Each record holds the whole body and is created only when it is
 * read, because the records of an event with many endpoints may not fit into memory together.
 */
export class DeliveryRecords implements Iterable<OutgoingRecord> {
  /** @param trace the trace context of the event's fan-out. */
  constructor(
    private readonly deliveries: readonly Delivery[],
    private readonly trace: TraceContext,
  ) {}

  *[Symbol.iterator](): Generator<OutgoingRecord, void, void> {
    for (const delivery of this.deliveries) {
      yield {
        topic: Topics.deliveries,
        key: delivery.endpointId,
        value: deliverySchema.encode(delivery),
        headers: recordHeaders(deliverySchema, this.trace),
      };
    }
  }
}

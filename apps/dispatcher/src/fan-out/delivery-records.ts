import {
  type Delivery,
  deliveryHeaders,
  deliverySchema,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/** The size of a delivery without its body, bytes: ids, times, headers. */
const BYTES_BESIDE_BODY = 600;
/** The size of the place of an event in place of the body. */
const PLACE_BYTES = 80;

/**
 * The estimated size of a delivery as a record, bytes. It is a little too low; the exact size would need the
 * record.
 */
export function recordBytes({ body }: Pick<Delivery, 'body'>): number {
  return BYTES_BESIDE_BODY + (typeof body === 'string' ? body.length : PLACE_BYTES);
}

/** The estimated size of deliveries as records, bytes: see {@link recordBytes}. */
export function bytesOf(deliveries: readonly Delivery[]): number {
  return deliveries.reduce((sum, delivery) => sum + recordBytes(delivery), 0);
}

/**
 * The deliveries of one event as records. Each record may hold the whole body and is created only when it is
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
        headers: deliveryHeaders(delivery, this.trace),
      };
    }
  }
}

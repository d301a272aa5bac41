import { type Delivery, deliverySchema, recordHeaders, Topics, type TraceContext } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/** What a delivery has beside its body, bytes: ids, times, headers. */
export const BYTES_BESIDE_BODY = 600;

/**
 * The deliveries of one event as records. Each has the whole body and is made when it is asked for: those of an event with
 * many endpoints can be larger than memory together.
 */
export class DeliveryRecords implements Iterable<OutgoingRecord> {
  /** @param trace of the fan-out of the event, for those who follow it. */
  constructor(
    private readonly deliveries: readonly Delivery[],
    private readonly trace: TraceContext,
  ) {}

  /** How many there are. */
  get count(): number {
    return this.deliveries.length;
  }

  /** How large they are together, bytes, a little underestimated: to know it, they would have to be made. */
  get bytes(): number {
    return this.deliveries.reduce((sum, { body }) => sum + body.length + BYTES_BESIDE_BODY, 0);
  }

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

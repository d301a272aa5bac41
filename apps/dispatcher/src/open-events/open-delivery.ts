import {
  type Delivery,
  deliveryHeaders,
  deliverySchema,
  namedBytes,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { Instead, OutgoingRecord, ReceivedRecord } from '@skillora/kafka';

import type { BatchedRecord } from '../batched-record.js';
import type { ReadDelivery } from '../deliver/deliver-ports.js';
import type { EventPlace } from './unit-ports.js';

/** The unit of a delivery of an open event. */
export interface UnitOfDelivery {
  readonly unit: number;
  /** Whether the unit was given up. */
  readonly isGivenUp: boolean;
  /** The delivery has ended: these records say so. @param instead what to write if Kafka refuses them for good. */
  ended(place: EventPlace, records: readonly OutgoingRecord[], instead: Instead<OutgoingRecord>): void;
  /** What is written in place of a delivery that cannot be processed: alternatives, to be tried in order. */
  putAside(record: ReceivedRecord, error: unknown): readonly OutgoingRecord[];
}

/**
 * A delivery of an open event, as the deliver stage takes it: like one that was read from `webhook.deliveries`, though
 * no topic has it.
 * @param body what is sent, which the delivery may only name.
 * @param trace the trace context of the event.
 */
export function openDelivery(
  place: EventPlace,
  delivery: Delivery,
  body: string,
  trace: TraceContext,
  of: UnitOfDelivery,
): ReadDelivery<BatchedRecord> {
  const record = new UnwrittenRecord(place.offset, delivery, deliveryHeaders(delivery, trace));
  const batch = {
    topic: Topics.events,
    partition: of.unit,
    records: [record],
    ack: (_offset: bigint, records: readonly OutgoingRecord[] = []) =>
      of.ended(place, records, (error) => of.putAside(record, error)),
    pauseAt: () => undefined,
    giveUp: (_offset: bigint, error: unknown) => {
      const [whole, ...others] = of.putAside(record, error);
      of.ended(place, whole ? [whole] : [], () => others);
    },
    isStale: () => of.isGivenUp,
  };
  const bytes = typeof delivery.body === 'string' ? body.length : namedBytes(delivery);
  return { record: { batch, record }, partition: of.unit, delivery, bytes, body };
}

/** A delivery as a record. Its bytes are made only if somebody writes it: to the slow lane, or as a dead letter. */
class UnwrittenRecord implements ReceivedRecord {
  readonly timestamp: number;

  constructor(
    readonly offset: bigint,
    private readonly delivery: Delivery,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    this.timestamp = Date.parse(delivery.createdAt);
  }

  get key(): string {
    return this.delivery.endpointId;
  }

  get rawKey(): Buffer {
    return Buffer.from(this.key);
  }

  get value(): Buffer {
    return deliverySchema.encode(this.delivery);
  }

  get rawHeaders(): ReceivedRecord['rawHeaders'] {
    return { ...this.headers };
  }

  get headerList(): ReceivedRecord['headerList'] {
    return Object.entries(this.headers).map(([name, value]) => ({
      name: Buffer.from(name),
      value: Buffer.from(value),
    }));
  }
}

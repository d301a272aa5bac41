import {
  deliveryHeaders,
  deliveryResultSchema,
  deliverySchema,
  recordHeaders,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import { type OutgoingRecord, traceOf } from '@skillora/kafka';

import type { BatchedRecord } from '../batched-record.js';
import type { Place } from '../lanes/slow-lane.js';
import type { DeliveryOutcome, EndedAttemptOutcome } from './deliver-ports.js';

// The names of these headers are on the log, so they stay as the first release chose them.

/** Header: when a delivery was last put at the end of the slow lane, ms since the epoch. */
export const REQUEUED_AT_HEADER = 'goes-round-since';
/** Header: which owner of the partition put the delivery there, see {@link SlowLane.enqueued}. */
export const OWNER_EPOCH_HEADER = 'slow-lane-mark';

/** Header: its number among those of its endpoint there. Records of earlier releases lack it. */
export const ORDER_HEADER = 'slow-lane-order';

/** The record of a delivery at the end of the slow lane. */
export function inSlowLane(
  { record }: BatchedRecord,
  { delivery, place, requeuedAt }: Extract<DeliveryOutcome, { kind: 'to-slow-lane' }>,
): OutgoingRecord {
  return {
    topic: Topics.slowDeliveries,
    key: delivery.endpointId,
    value: record.value,
    headers: {
      ...deliveryHeaders(delivery, traceOf(record)),
      [OWNER_EPOCH_HEADER]: place.ownerEpoch,
      [ORDER_HEADER]: String(place.order),
      ...(requeuedAt === null ? {} : { [REQUEUED_AT_HEADER]: String(requeuedAt) }),
    },
  };
}

/** The place of a delivery that was read from the slow lane. */
export function placeOf({
  [OWNER_EPOCH_HEADER]: ownerEpoch,
  [ORDER_HEADER]: order,
}: Readonly<Record<string, string | undefined>>): Partial<Place> {
  return { ...(ownerEpoch && { ownerEpoch }), ...(order && { order: Number(order) }) };
}

/** The records to write for an attempt that ended: its result, and the next attempt if there is one. */
export function reportOf(trace: TraceContext, { result, next }: EndedAttemptOutcome): OutgoingRecord[] {
  const records: OutgoingRecord[] = [];
  if (next) {
    records.push({
      topic: next.topic,
      key: next.delivery.endpointId,
      value: deliverySchema.encode(next.delivery),
      headers: deliveryHeaders(next.delivery, trace),
    });
  }
  records.push({
    topic: Topics.deliveryResults,
    key: result.deliveryId,
    value: deliveryResultSchema.encode(result),
    headers: recordHeaders(deliveryResultSchema, trace),
  });
  return records;
}

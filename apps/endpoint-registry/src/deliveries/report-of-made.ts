import { fanOutReportSchema, recordHeaders, replayedPart, Topics } from '@skillora/contracts';

import type { NewOutboxRecord } from '../outbox/outbox.js';

/** A delivery that is created for an event of the past. */
export interface MadeDelivery {
  readonly eventId: string;
  readonly eventAt: Date;
  readonly deliveryId: string;
  readonly endpointId: string;
}

/**
 * The report for the reconciliation of deliveries that are created now for events of the past, in the same form as the
 * fan-out's reports and written together with the deliveries. Repeated deliveries are left out, because they
 * were reported before.
 * @param now ISO 8601, the creation time of the deliveries.
 */
export function reportOfMade(
  organizationId: string,
  now: string,
  made: readonly MadeDelivery[],
): NewOutboxRecord[] {
  if (made.length === 0) return [];
  const report = {
    organizationId,
    madeAt: now,
    events: made.map(({ eventId, eventAt, deliveryId, endpointId }) => ({
      id: eventId,
      acceptedAt: eventAt.toISOString(),
      part: replayedPart(deliveryId),
      deliveryIds: [deliveryId],
      endpointIds: [endpointId],
    })),
  };
  return [
    {
      topic: Topics.fanOuts,
      key: organizationId,
      headers: recordHeaders(fanOutReportSchema),
      value: fanOutReportSchema.encode(report),
    },
  ];
}

import { fanOutReportSchema, recordHeaders, replayedPart, Topics } from '@skillora/contracts';

import type { NewOutboxRecord } from '../outbox/outbox.js';
import type { ReplayableEvent } from './replayable-events.js';

/**
 * The report for the reconciliation of the deliveries that a replay creates now, in the same form as the
 * fan-out's reports and written together with the deliveries. Repeated deliveries are left out, because they
 * were reported before.
 * @param now ISO 8601, the creation time of the deliveries.
 */
export function reportOfReplay(
  organizationId: string,
  endpointId: string,
  now: string,
  events: readonly ReplayableEvent[],
): NewOutboxRecord[] {
  const made = events.filter(({ known }) => known === null);
  if (made.length === 0) return [];
  const report = {
    organizationId,
    madeAt: now,
    events: made.map(({ eventId, acceptedAt, deliveryId }) => ({
      id: eventId,
      acceptedAt: acceptedAt.toISOString(),
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

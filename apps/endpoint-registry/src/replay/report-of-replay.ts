import { fanOutReportSchema, recordHeaders, replayedPart, Topics } from '@skillora/contracts';

import type { OutboxRecord } from '../outbox/outbox.js';
import type { ReplayableEvent } from './replayable-events.js';

/**
 * What the audit is held against, of deliveries that a replay makes now: as the fan-out tells of its own, to be written with
 * them. Nothing of those that are repeated: they have been told of. @param now ISO 8601, the creation of what is made.
 */
export function reportOfReplay(
  organizationId: string,
  endpointId: string,
  now: string,
  events: readonly ReplayableEvent[],
): OutboxRecord[] {
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

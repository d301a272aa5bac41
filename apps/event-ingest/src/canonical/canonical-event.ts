import { type CanonicalEvent, eventId } from '@skillora/contracts';

import { checkAttributes, type OrganizationRule, type UncheckedEvent } from '../cloud-event/cloud-event.js';
import { bodyOf } from './body.js';

/**
 * Decides whether an event is accepted, and builds its canonical form.
 * @throws {UnacceptableException} naming every field with a problem.
 */
export function toCanonicalEvent(
  unchecked: UncheckedEvent,
  organization: OrganizationRule,
  acceptedAt: Date,
): CanonicalEvent {
  const event = checkAttributes(unchecked, organization);
  return {
    id: eventId(event.source, event.id),
    organizationId: event.organizationId,
    eventType: event.type,
    source: event.source,
    sourceId: event.id,
    occurredAt: new Date(event.time).toISOString(),
    acceptedAt: acceptedAt.toISOString(),
    body: bodyOf(event),
  };
}

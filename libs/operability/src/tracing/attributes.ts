import type { CanonicalEvent, Delivery } from '@skillora/contracts';

import type { SpanAttributes } from './tracer.js';

/** What names an event on its spans. */
export function eventAttributes({
  id,
  organizationId,
  eventType,
}: Pick<CanonicalEvent, 'id' | 'organizationId' | 'eventType'>): SpanAttributes {
  return {
    'webhook.event.id': id,
    'webhook.organization.id': organizationId,
    'webhook.event.type': eventType,
  };
}

/** What names a delivery, and the attempt it stands for, on its spans. */
export function deliveryAttributes({
  deliveryId,
  eventId,
  endpointId,
  organizationId,
  eventType,
  round,
  step,
  trigger,
}: Omit<Delivery, 'body'>): SpanAttributes {
  return {
    'webhook.delivery.id': deliveryId,
    'webhook.event.id': eventId,
    'webhook.endpoint.id': endpointId,
    'webhook.organization.id': organizationId,
    'webhook.event.type': eventType,
    'webhook.attempt.round': round,
    'webhook.attempt.step': step,
    'webhook.attempt.trigger': trigger,
  };
}

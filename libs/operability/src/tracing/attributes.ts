import type { CanonicalEvent, Delivery } from '@skillora/contracts';

import type { SpanAttributes } from './tracer.js';

/** The attributes that identify an event on its spans. */
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

/** The attributes that identify a delivery, and the attempt, on its spans. */
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

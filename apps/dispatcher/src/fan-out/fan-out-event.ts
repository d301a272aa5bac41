import { type CanonicalEvent, type Delivery, deliveryId, type EndpointState } from '@skillora/contracts';

/** The endpoints as the fan-out sees them. */
export interface EndpointDirectory {
  get(endpointId: string): EndpointState | undefined;
  subscribers(organizationId: string, eventType: CanonicalEvent['eventType']): Iterable<EndpointState>;
}

/**
 * The deliveries of an event: one for each active endpoint of its organisation that subscribes to its type, or, for a
 * test send, one for the endpoint it names if that is still there. Ids depend on event and endpoint alone, so that
 * fanning out again makes the same deliveries.
 */
export function fanOutEvent(event: CanonicalEvent, endpoints: EndpointDirectory, now: Date): Delivery[] {
  const createdAt = now.toISOString();
  const deliveryTo = ({ id: endpointId, version }: EndpointState): Delivery => ({
    deliveryId: deliveryId(event.id, endpointId),
    eventId: event.id,
    endpointId,
    organizationId: event.organizationId,
    eventType: event.eventType,
    createdAt,
    round: 0,
    step: 1,
    trigger: 'automatic',
    dueAt: createdAt,
    endpointVersion: version,
    body: event.body,
  });
  if (event.targetEndpointId !== undefined) {
    const target = endpoints.get(event.targetEndpointId);
    return target?.organizationId === event.organizationId ? [deliveryTo(target)] : [];
  }
  return Array.from(endpoints.subscribers(event.organizationId, event.eventType), deliveryTo);
}

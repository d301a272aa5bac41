import { type CanonicalEvent, type Delivery, deliveryId, type EndpointState } from '@skillora/contracts';

/** The endpoints as the fan-out sees them. */
export interface EndpointDirectory {
  get(endpointId: string): EndpointState | undefined;
  subscribers(organizationId: string, eventType: CanonicalEvent['eventType']): Iterable<EndpointState>;
}

/**
 * The endpoints of an event: each active endpoint of its organisation that subscribes to its type. A test
 * send goes only to the endpoint that it names, if this endpoint still exists.
 */
export function matchEndpoints(event: CanonicalEvent, endpoints: EndpointDirectory): EndpointState[] {
  if (event.targetEndpointId !== undefined) {
    const target = endpoints.get(event.targetEndpointId);
    return target?.organizationId === event.organizationId ? [target] : [];
  }
  return [...endpoints.subscribers(event.organizationId, event.eventType)];
}

/**
 * The deliveries of an event to these endpoints, one for each. A delivery's id depends only on event and
 * endpoint, so a repeated fan-out creates the same deliveries.
 */
export function deliveriesTo(
  event: CanonicalEvent,
  endpoints: readonly EndpointState[],
  now: Date,
): Delivery[] {
  const createdAt = now.toISOString();
  return endpoints.map(({ id: endpointId, version }) => ({
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
  }));
}

import {
  type CanonicalEvent,
  type Delivery,
  deliveryId,
  type EndpointState,
  FilteredBody,
} from '@skillora/contracts';

import { filterOf } from '../endpoints/filter-of.js';

/** The endpoints as the fan-out sees them. */
export interface EndpointDirectory {
  get(endpointId: string): EndpointState | undefined;
  subscribers(organizationId: string, eventType: CanonicalEvent['eventType']): Iterable<EndpointState>;
}

/** The subscribers of an event. */
export interface MatchedEndpoints {
  /** Those that get the event. */
  readonly wanting: readonly EndpointState[];
  /** Those whose filter leaves the event out. */
  readonly filtering: readonly EndpointState[];
}

/**
 * The endpoints of an event: each active endpoint of its organisation that subscribes to its type, by its filter. A
 * test send goes only to the endpoint that it names, if this endpoint still exists, and whatever its filter is. The
 * body is parsed once, and only for a filter. A notice never goes to the endpoint that it is about.
 */
export function matchEndpoints(event: CanonicalEvent, endpoints: EndpointDirectory): MatchedEndpoints {
  if (event.targetEndpointId !== undefined) {
    const target = endpoints.get(event.targetEndpointId);
    return { wanting: target?.organizationId === event.organizationId ? [target] : [], filtering: [] };
  }
  const wanting: EndpointState[] = [];
  const filtering: EndpointState[] = [];
  const body = new FilteredBody(event.body);
  for (const endpoint of endpoints.subscribers(event.organizationId, event.eventType)) {
    if (endpoint.id === event.aboutEndpointId) continue;
    const isWanted = filterOf(endpoint)?.matches(body) ?? true;
    (isWanted ? wanting : filtering).push(endpoint);
  }
  return { wanting, filtering };
}

/**
 * The deliveries of an event to these endpoints, one for each. A delivery's id depends only on event and
 * endpoint, so a repeated fan-out creates the same deliveries.
 * @param body what each holds as its body: see `bodyInDelivery`.
 */
export function deliveriesTo(
  event: CanonicalEvent,
  endpoints: readonly Pick<EndpointState, 'id' | 'version'>[],
  now: Date,
  body: Delivery['body'] = event.body,
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
    body,
  }));
}

import type { EndpointState, EventType } from '@skillora/contracts';

/**
 * The subscriptions of all endpoints. The cost to find the endpoints of an event depends on their number, not
 * on the number of all endpoints.
 */
export class Subscriptions {
  private readonly byTopic = new Map<string, Map<string, EndpointState>>();

  /** Adds an endpoint under each event type that it subscribes to; an inactive endpoint is not added. */
  add(endpoint: EndpointState): void {
    if (!endpoint.isActive) return;
    for (const eventType of endpoint.events) {
      const key = subscriptionKey(endpoint.organizationId, eventType);
      let endpoints = this.byTopic.get(key);
      if (!endpoints) this.byTopic.set(key, (endpoints = new Map<string, EndpointState>()));
      endpoints.set(endpoint.id, endpoint);
    }
  }

  /** Removes an endpoint, given in the state in which it was added. */
  remove(endpoint: EndpointState): void {
    for (const eventType of endpoint.events) {
      const key = subscriptionKey(endpoint.organizationId, eventType);
      const endpoints = this.byTopic.get(key);
      endpoints?.delete(endpoint.id);
      if (endpoints?.size === 0) this.byTopic.delete(key);
    }
  }

  /** The endpoints of an organisation subscribed to an event type, in the order they were added. */
  of(organizationId: string, eventType: EventType): Iterable<EndpointState> {
    return this.byTopic.get(subscriptionKey(organizationId, eventType))?.values() ?? [];
  }
}

function subscriptionKey(organizationId: string, eventType: EventType): string {
  return `${organizationId}/${eventType}`;
}

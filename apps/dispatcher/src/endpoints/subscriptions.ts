import type { EndpointState, EventType } from '@skillora/contracts';

/** Who is subscribed to what: finding the endpoints of an event costs their number, not that of all endpoints. */
export class Subscriptions {
  private readonly byTopic = new Map<string, Map<string, EndpointState>>();

  /** Adds an endpoint under each event type it subscribes to; an inactive one under none. */
  add(endpoint: EndpointState): void {
    if (!endpoint.isActive) return;
    for (const eventType of endpoint.events) {
      const key = subscriptionKey(endpoint.organizationId, eventType);
      let endpoints = this.byTopic.get(key);
      if (!endpoints) this.byTopic.set(key, (endpoints = new Map<string, EndpointState>()));
      endpoints.set(endpoint.id, endpoint);
    }
  }

  /** Takes out an endpoint in the state it was added with. */
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

import { Injectable } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { notFound } from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { PagedLists } from '../access/paged-lists.js';
import { EndpointQueries } from '../endpoints/endpoint-queries.js';
import { EventQueries } from '../events/event-queries.js';
import { DELIVERY_FILTERS } from './delivery-operations.js';
import { type DeliveryFilter, DeliveryQueries } from './delivery-queries.js';
import { presentDelivery } from './present-delivery.js';

/** The list of deliveries: of an organisation, or of one event. */
@Injectable()
export class DeliveryList {
  constructor(
    private readonly queries: DeliveryQueries,
    private readonly endpoints: EndpointQueries,
    private readonly events: EventQueries,
    private readonly lists: PagedLists,
  ) {}

  /**
   * @param eventId limits the list to an event.
   * @throws {InvalidFieldsException} for a bad parameter.
   * @throws {RefusalException} 404 when a filter names an endpoint or event that the organisation never had.
   */
  async page(
    { organizationId, scopes }: ApiTokenState,
    query: Record<string, unknown>,
    request: FastifyRequest,
    eventId?: string,
  ) {
    const place = eventId === undefined ? 'webhook-deliveries' : `webhook-events/${eventId}/deliveries`;
    const list = this.lists.of(organizationId, place);
    const { page, filters: asked } = list.asked(query, DELIVERY_FILTERS);
    if (eventId !== undefined && asked.event_id !== undefined && asked.event_id !== eventId) {
      await this.demandNamed(organizationId, { eventId: asked.event_id });
      return { next: null, previous: null, results: [] };
    }
    const filter = {
      endpointId: asked.endpoint_id,
      eventId: eventId ?? asked.event_id,
      eventType: asked.event_type,
      status: asked.status,
      createdAfter: asked.created_after,
      createdBefore: asked.created_before,
    };
    const { results, ...links } = await list.page(request, page, () =>
      this.queries.list(organizationId, filter, page),
    );
    // A delivery proves that its endpoint and event belong to the organisation; they are looked up only when
    // none is found.
    if (results.length === 0) await this.demandNamed(organizationId, filter);
    return { ...links, results: results.map((row) => presentDelivery(row, scopes)) };
  }

  private async demandNamed(organizationId: string, { endpointId, eventId }: DeliveryFilter): Promise<void> {
    if (endpointId !== undefined && !(await this.endpoints.everHad(organizationId, endpointId)))
      throw notFound();
    if (eventId !== undefined) await this.events.read(organizationId, eventId);
  }
}

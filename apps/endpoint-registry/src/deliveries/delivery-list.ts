import { Injectable } from '@nestjs/common';
import { DELIVERY_STATUSES, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  choiceParameter,
  CursorCodec,
  pageLinks,
  pageParameters,
  readQuery,
  timeParameter,
  toPage,
  toPageRequest,
  uuidParameter,
} from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { DeliveryQueries, presentDelivery } from './delivery-queries.js';

/** The list of deliveries, as it stands under deliveries and under an event. */
@Injectable()
export class DeliveryList {
  constructor(
    private readonly queries: DeliveryQueries,
    private readonly cursors: CursorCodec,
  ) {}

  /** @param eventId limits the list to an event. @throws {InvalidFields} for a bad parameter. */
  async page(
    organizationId: string,
    query: Record<string, unknown>,
    request: FastifyRequest,
    eventId?: string,
  ) {
    const list = eventId === undefined ? 'webhook-deliveries' : `webhook-events/${eventId}/deliveries`;
    const asked = readQuery(query, {
      ...pageParameters(list, this.cursors),
      endpoint_id: uuidParameter,
      event_id: uuidParameter,
      event_type: choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE),
      status: choiceParameter(...DELIVERY_STATUSES),
      created_after: timeParameter,
      created_before: timeParameter,
    });
    const page = toPageRequest(asked);
    const rows = await this.queries.list(
      organizationId,
      {
        endpointId: asked.endpoint_id,
        eventId: eventId ?? asked.event_id,
        eventType: asked.event_type,
        status: asked.status,
        createdAfter: asked.created_after,
        createdBefore: asked.created_before,
      },
      page,
    );
    const { results, ...links } = toPage(
      rows,
      page,
      ({ created_at, id }) => ({ time: created_at.getTime(), id }),
      pageLinks(request, list, this.cursors),
    );
    return { ...links, results: results.map(presentDelivery) };
  }
}

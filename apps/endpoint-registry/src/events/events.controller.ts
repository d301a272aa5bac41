import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PagedLists } from '../access/paged-lists.js';
import { DeliveryList } from '../deliveries/delivery-list.js';
import { EVENT_FILTERS, listEventDeliveries, listEvents, readEvent } from './event-operations.js';
import { EventQueries } from './event-queries.js';
import { eventJson, eventPageJson } from './present-event.js';

/** As the server names the type of every other answer. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** The routes of events. */
@Controller('api/v1/webhook-events')
@UseGuards(BearerGuard)
export class EventsController {
  constructor(
    private readonly queries: EventQueries,
    private readonly deliveries: DeliveryList,
    private readonly lists: PagedLists,
  ) {}

  @Get()
  @Operation(listEvents)
  @RequireScope('deliveries:read')
  async list(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const list = this.lists.of(organizationId, 'webhook-events');
    const { page, filters: asked } = list.asked(query, EVENT_FILTERS);
    const filter = {
      eventType: asked.event_type,
      createdAfter: asked.created_after,
      createdBefore: asked.created_before,
    };
    const shown = await list.page(request, page, () => this.queries.list(organizationId, filter, page));
    void reply.type(JSON_TYPE);
    return eventPageJson(shown);
  }

  @Get(':id')
  @Operation(readEvent)
  @RequireScope('deliveries:read')
  async read(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const event = await this.queries.read(organizationId, id);
    void reply.type(JSON_TYPE);
    return eventJson(event);
  }

  @Get(':id/deliveries')
  @Operation(listEventDeliveries)
  @RequireScope('deliveries:read')
  async listDeliveries(
    @Caller() caller: ApiTokenState,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const { id: eventId } = await this.queries.read(caller.organizationId, id);
    return this.deliveries.page(caller, query, request, eventId);
  }
}

import { Controller, Get, Param, Query, Req, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import {
  BearerGuard,
  Caller,
  CursorCodec,
  listOf,
  Operation,
  pageLinks,
  pageParameters,
  readQuery,
  RequireScope,
  toPage,
  toPageRequest,
} from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { DeliveryList } from '../deliveries/delivery-list.js';
import { EVENT_FILTERS, listEventDeliveries, listEvents, readEvent } from './event-operations.js';
import { EventQueries, presentEvent } from './event-queries.js';

const LIST = 'webhook-events';

/** The routes of events. */
@Controller('api/v1/webhook-events')
@UseGuards(BearerGuard)
export class EventsController {
  constructor(
    private readonly queries: EventQueries,
    private readonly deliveries: DeliveryList,
    private readonly cursors: CursorCodec,
  ) {}

  @Get()
  @Operation(listEvents)
  @RequireScope('deliveries:read')
  async list(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const list = listOf(organizationId, LIST);
    const asked = readQuery(query, {
      ...pageParameters(list, this.cursors),
      ...EVENT_FILTERS,
    });
    const page = toPageRequest(asked);
    const filter = {
      eventType: asked.event_type,
      createdAfter: asked.created_after,
      createdBefore: asked.created_before,
    };
    const { results, ...links } = toPage(
      await this.queries.list(organizationId, filter, page),
      page,
      ({ created_at, id }) => ({ time: created_at.getTime(), id }),
      pageLinks(request, list, this.cursors),
    );
    return { ...links, results: results.map(presentEvent) };
  }

  @Get(':id')
  @Operation(readEvent)
  @RequireScope('deliveries:read')
  async read(@Caller() { organizationId }: ApiTokenState, @Param('id') id: string) {
    return presentEvent(await this.queries.read(organizationId, id));
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

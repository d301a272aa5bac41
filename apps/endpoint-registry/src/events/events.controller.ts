import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
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
import type { FastifyReply, FastifyRequest } from 'fastify';

import { DeliveryList } from '../deliveries/delivery-list.js';
import { ListTurns } from '../limits/list-turns.js';
import { EVENT_FILTERS, listEventDeliveries, listEvents, readEvent } from './event-operations.js';
import { EventQueries } from './event-queries.js';
import { eventJson, eventPageJson } from './present-event.js';

const LIST = 'webhook-events';
/** As the server names the type of every other answer. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** The routes of events. */
@Controller('api/v1/webhook-events')
@UseGuards(BearerGuard)
export class EventsController {
  constructor(
    private readonly queries: EventQueries,
    private readonly deliveries: DeliveryList,
    private readonly cursors: CursorCodec,
    private readonly turns: ListTurns,
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
    const found = await this.turns.inTurn(organizationId, () =>
      this.queries.list(organizationId, filter, page),
    );
    const shown = toPage(
      found,
      page,
      ({ created_at, id }) => ({ time: created_at.getTime(), id }),
      pageLinks(request, list, this.cursors),
    );
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

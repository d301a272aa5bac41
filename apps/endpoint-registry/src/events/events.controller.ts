import { Controller, Get, Param, Query, Req, UseGuards } from '@nestjs/common';
import { type ApiTokenState, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  BearerGuard,
  Caller,
  choiceParameter,
  CursorCodec,
  listOf,
  pageLinks,
  pageParameters,
  readQuery,
  RequireScope,
  timeParameter,
  toPage,
  toPageRequest,
} from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { DeliveryList } from '../deliveries/delivery-list.js';
import { EventQueries, presentEvent } from './event-queries.js';

const LIST = 'webhook-events';

/** Where customers and auditors see what happened. */
@Controller('api/v1/webhook-events')
@UseGuards(BearerGuard)
export class EventsController {
  constructor(
    private readonly queries: EventQueries,
    private readonly deliveries: DeliveryList,
    private readonly cursors: CursorCodec,
  ) {}

  @Get()
  @RequireScope('deliveries:read')
  async list(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const list = listOf(organizationId, LIST);
    const asked = readQuery(query, {
      ...pageParameters(list, this.cursors),
      event_type: choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE),
      created_after: timeParameter,
      created_before: timeParameter,
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
  @RequireScope('deliveries:read')
  async read(@Caller() { organizationId }: ApiTokenState, @Param('id') id: string) {
    return presentEvent(await this.queries.read(organizationId, id));
  }

  @Get(':id/deliveries')
  @RequireScope('deliveries:read')
  async listDeliveries(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const { id: eventId } = await this.queries.read(organizationId, id);
    return this.deliveries.page(organizationId, query, request, eventId);
  }
}

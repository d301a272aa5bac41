import { Controller, Get, HttpCode, Param, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { DeliveryList } from './delivery-list.js';
import { listDeliveries, readDelivery, retryDelivery } from './delivery-operations.js';
import { DeliveryQueries, presentDelivery } from './delivery-queries.js';
import { ManualRetry } from './manual-retry.js';

/** Where customers and auditors see what was sent and what came back. */
@Controller('api/v1/webhook-deliveries')
@UseGuards(BearerGuard)
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryList,
    private readonly queries: DeliveryQueries,
    private readonly retries: ManualRetry,
  ) {}

  @Get()
  @Operation(listDeliveries)
  @RequireScope('deliveries:read')
  list(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    return this.deliveries.page(organizationId, query, request);
  }

  @Get(':id')
  @Operation(readDelivery)
  @RequireScope('deliveries:read')
  async read(@Caller() { organizationId }: ApiTokenState, @Param('id') id: string) {
    return presentDelivery(await this.queries.read(organizationId, id));
  }

  @Post(':id/retry')
  @Operation(retryDelivery)
  @HttpCode(202)
  @RequireScope('deliveries:retry')
  async retry(@Caller() { organizationId }: ApiTokenState, @Param('id') id: string) {
    await this.retries.request(organizationId, id);
    return { status: 'success', message: 'The delivery is being retried' };
  }
}

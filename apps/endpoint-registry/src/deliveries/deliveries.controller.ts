import { Controller, Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, clientLeft, Operation, readQuery, RequireScope } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Author } from '../changes/author.js';
import { By } from '../changes/request-author.js';
import { GivenKey, giveOnce } from '../idempotency/idempotency-key.js';
import { DeliveryList } from './delivery-list.js';
import {
  listDeliveries,
  readDelivery,
  readDeliveryRequest,
  REQUEST_PARAMETERS,
  resendDelivery,
  retryDelivery,
  streamDeliveries,
} from './delivery-operations.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryRequests } from './delivery-request.js';
import { DeliveryStreams } from './delivery-stream.js';
import { type ByHand, ManualRetry } from './manual-retry.js';
import { presentDelivery } from './present-delivery.js';

/** The routes of deliveries: what was sent and what came back. */
@Controller('api/v1/webhook-deliveries')
@UseGuards(BearerGuard)
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryList,
    private readonly queries: DeliveryQueries,
    private readonly retries: ManualRetry,
    private readonly requests: DeliveryRequests,
    private readonly streams: DeliveryStreams,
  ) {}

  @Get()
  @Operation(listDeliveries)
  @RequireScope('deliveries:read')
  list(
    @Caller() caller: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    return this.deliveries.page(caller, query, request);
  }

  /** Declared before `:id`, because its path matches `:id` too. */
  @Get('stream')
  @Operation(streamDeliveries)
  @RequireScope('deliveries:read')
  async stream(
    @Caller() caller: ApiTokenState,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.method === 'HEAD') return void reply.header('content-type', 'text/event-stream').send();
    const lastEventId = [request.headers['last-event-id']].flat()[0];
    const stream = await this.streams.start(caller, lastEventId, clientLeft(reply));
    // Without the second header, a proxy in front may hold events back until they fill its buffer.
    void reply.header('content-type', 'text/event-stream').header('x-accel-buffering', 'no').send(stream);
  }

  @Get(':id')
  @Operation(readDelivery)
  @RequireScope('deliveries:read')
  async read(@Caller() { organizationId, scopes }: ApiTokenState, @Param('id') id: string) {
    return presentDelivery(await this.queries.read(organizationId, id), scopes);
  }

  @Get(':id/request')
  @Operation(readDeliveryRequest)
  @RequireScope('deliveries:read')
  readRequest(
    @Caller() caller: ApiTokenState,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ) {
    const { attempt } = readQuery(query, REQUEST_PARAMETERS);
    return this.requests.read(caller, id, attempt);
  }

  @Post(':id/retry')
  @Operation(retryDelivery)
  @HttpCode(202)
  @RequireScope('deliveries:retry')
  retry(
    @Caller() caller: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @GivenKey() key: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.byHand('retry', caller, author, id, key, reply);
  }

  @Post(':id/resend')
  @Operation(resendDelivery)
  @HttpCode(202)
  @RequireScope('deliveries:retry')
  resend(
    @Caller() caller: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @GivenKey() key: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.byHand('resend', caller, author, id, key, reply);
  }

  private async byHand(
    kind: ByHand,
    { organizationId }: ApiTokenState,
    author: Author,
    id: string,
    key: string | null,
    reply: FastifyReply,
  ) {
    return giveOnce(reply, await this.retries.request(kind, author, organizationId, id, key));
  }
}

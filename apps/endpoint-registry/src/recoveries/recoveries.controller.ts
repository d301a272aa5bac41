import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PagedLists } from '../access/paged-lists.js';
import type { Author } from '../changes/author.js';
import { canonicalJson } from '../changes/canonical-json.js';
import { By } from '../changes/request-author.js';
import { OwnEndpointGuard } from '../endpoints/own-endpoint.guard.js';
import { GivenKey, giveOnce } from '../idempotency/idempotency-key.js';
import { presentRecovery } from './present-recovery.js';
import { Recoveries } from './recoveries.js';
import { readRecoveryRequest, RecoveryRequest } from './recovery-body.js';
import { cancelRecovery, createRecovery, listRecoveries, readRecovery } from './recovery-operations.js';

/** The routes of recoveries: what was not delivered is sent again. */
@Controller('api/v1/webhook-endpoints/:id/recoveries')
@UseGuards(BearerGuard)
export class RecoveriesController {
  constructor(
    private readonly recoveries: Recoveries,
    private readonly lists: PagedLists,
  ) {}

  @Get()
  @Operation(listRecoveries)
  @RequireScope('deliveries:read')
  async list(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const endpointId = id.toLowerCase();
    const list = this.lists.of(organizationId, `webhook-endpoints/${endpointId}/recoveries`);
    const { page } = list.asked(query, {});
    const { results, ...links } = await list.page(request, page, async () => {
      const rows = await this.recoveries.list({ organizationId, endpointId }, page);
      return { rows, found: rows.length };
    });
    return { ...links, results: results.map(presentRecovery) };
  }

  @Post()
  @Operation(createRecovery)
  @UseGuards(OwnEndpointGuard)
  @HttpCode(202)
  @RequireScope('deliveries:retry')
  async create(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @GivenKey() key: string | null,
    @Body() body: RecoveryRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const choice = readRecoveryRequest(body, new Date());
    const endpointId = id.toLowerCase();
    const asked = `recovery of ${endpointId}: ${canonicalJson(request.body)}`;
    const keyed = key === null ? null : { organizationId, key, body: asked };
    const endpoint = { organizationId, endpointId };
    return giveOnce(reply, await this.recoveries.create(author, endpoint, choice, keyed));
  }

  @Get(':recovery_id')
  @Operation(readRecovery)
  @RequireScope('deliveries:read')
  read(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') endpointId: string,
    @Param('recovery_id') id: string,
  ) {
    return this.recoveries.read({ organizationId, endpointId }, id);
  }

  @Delete(':recovery_id')
  @Operation(cancelRecovery)
  @HttpCode(204)
  @RequireScope('deliveries:retry')
  async cancel(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') endpointId: string,
    @Param('recovery_id') id: string,
  ): Promise<void> {
    await this.recoveries.cancel(author, { organizationId, endpointId }, id);
  }
}

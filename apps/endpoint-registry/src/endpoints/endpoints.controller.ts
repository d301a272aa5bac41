import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { type ApiTokenState, TEST_EVENT_TYPE } from '@skillora/contracts';
import { egressPolicyOf } from '@skillora/egress';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PagedLists } from '../access/paged-lists.js';
import type { Author } from '../changes/author.js';
import { canonicalJson } from '../changes/canonical-json.js';
import { By } from '../changes/request-author.js';
import { GivenKey, giveOnce } from '../idempotency/idempotency-key.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { presentEndpoint, presentSecret } from './endpoint.js';
import {
  changedEndpoint,
  EndpointChange,
  EndpointCreation,
  EndpointReplacement,
  newEndpoint,
} from './endpoint-body.js';
import { EndpointChanges } from './endpoint-changes.js';
import { EndpointHold } from './endpoint-hold.js';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  holdEndpoint,
  listEndpoints,
  readEndpoint,
  regenerateSecret,
  replaceEndpoint,
  resumeEndpoint,
  testEndpoint,
} from './endpoint-operations.js';
import { EndpointQueries } from './endpoint-queries.js';
import { OwnEndpointGuard } from './own-endpoint.guard.js';
import { keepFormerMs, Regeneration } from './regeneration-body.js';
import { TestRequest } from './test-body.js';
import { TestSend } from './test-send.js';

/** The routes with which customers register their servers. */
@Controller('api/v1/webhook-endpoints')
@UseGuards(BearerGuard)
export class EndpointsController {
  private readonly policy;

  constructor(
    private readonly queries: EndpointQueries,
    private readonly changes: EndpointChanges,
    private readonly holds: EndpointHold,
    private readonly tests: TestSend,
    private readonly lists: PagedLists,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {
    this.policy = egressPolicyOf(settings);
  }

  @Get()
  @Operation(listEndpoints)
  @RequireScope('endpoints:read')
  async list(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    const list = this.lists.of(organizationId, 'webhook-endpoints');
    const { page } = list.asked(query, {});
    const { results, ...links } = await list.page(request, page, async () => {
      const rows = await this.queries.list(organizationId, page);
      // The fields of endpoints are bounded, so a full page of the largest endpoints fits the limit of a page.
      return { rows, found: rows.length };
    });
    return { ...links, results: results.map((row) => presentEndpoint(row, this.settings)) };
  }

  @Post()
  @Operation(createEndpoint)
  @RequireScope('endpoints:write')
  async create(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @GivenKey() key: string | null,
    @Body() body: EndpointCreation,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const choice = newEndpoint(body, this.policy);
    // The whole body, with fields that are ignored: another body is another request.
    const keyed = key === null ? null : { organizationId, key, body: canonicalJson(request.body) };
    return giveOnce(reply, await this.changes.create(author, organizationId, choice, keyed));
  }

  @Get(':id')
  @Operation(readEndpoint)
  @RequireScope('endpoints:read')
  async read(@Caller() { organizationId }: ApiTokenState, @Param('id') id: string) {
    return presentEndpoint(await this.queries.read(organizationId, id), this.settings);
  }

  @Put(':id')
  @Operation(replaceEndpoint)
  @UseGuards(OwnEndpointGuard)
  @RequireScope('endpoints:write')
  async replace(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @Body() body: EndpointReplacement,
  ) {
    const choice = changedEndpoint(body, this.policy, 'PUT');
    return presentEndpoint(await this.changes.change(author, organizationId, id, choice), this.settings);
  }

  @Patch(':id')
  @Operation(changeEndpoint)
  @UseGuards(OwnEndpointGuard)
  @RequireScope('endpoints:write')
  async change(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @Body() body: EndpointChange,
  ) {
    const choice = changedEndpoint(body, this.policy, 'PATCH');
    return presentEndpoint(await this.changes.change(author, organizationId, id, choice), this.settings);
  }

  @Delete(':id')
  @Operation(deleteEndpoint)
  @HttpCode(204)
  @RequireScope('endpoints:write')
  async delete(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
  ): Promise<void> {
    await this.changes.delete(author, organizationId, id);
  }

  @Post(':id/hold')
  @Operation(holdEndpoint)
  @HttpCode(200)
  @RequireScope('endpoints:write')
  async hold(@Caller() { organizationId }: ApiTokenState, @By() author: Author, @Param('id') id: string) {
    return presentEndpoint(await this.holds.hold(author, organizationId, id), this.settings);
  }

  @Post(':id/resume')
  @Operation(resumeEndpoint)
  @HttpCode(200)
  @RequireScope('endpoints:write')
  async resume(@Caller() { organizationId }: ApiTokenState, @By() author: Author, @Param('id') id: string) {
    return presentEndpoint(await this.holds.resume(author, organizationId, id), this.settings);
  }

  @Post(':id/regenerate_secret')
  @Operation(regenerateSecret)
  @UseGuards(OwnEndpointGuard)
  @HttpCode(200)
  @RequireScope('endpoints:write')
  async regenerateSecret(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @Body() body: Regeneration,
  ) {
    const { secret, formerExpiresAt } = await this.changes.regenerateSecret(
      author,
      organizationId,
      id,
      keepFormerMs(body),
    );
    return {
      status: 'success',
      message: 'Secret regenerated successfully',
      ...presentSecret(secret),
      ...(formerExpiresAt ? { former_secret_expires_at: formerExpiresAt.toISOString() } : {}),
    };
  }

  @Post(':id/test')
  @Operation(testEndpoint)
  @RequireScope('endpoints:write')
  async test(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') id: string,
    @Body() { event_type: eventType = TEST_EVENT_TYPE }: TestRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const outcome = await this.tests.send(await this.queries.read(organizationId, id), eventType);
    if (outcome.status === 'success') {
      await reply.status(200).send({ status: 'success', message: 'Test webhook sent successfully' });
      return;
    }
    const reason = outcome.detail ?? 'Its outcome is not known yet; see the delivery log.';
    await reply.status(502).send({
      status: 'error',
      message: `The test webhook was not delivered. ${reason}`,
      delivery_id: outcome.deliveryId,
      response_status: outcome.responseStatus,
    });
  }
}

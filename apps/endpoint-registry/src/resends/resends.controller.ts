import { Body, Controller, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';
import type { FastifyReply } from 'fastify';

import type { Author } from '../changes/author.js';
import { By } from '../changes/request-author.js';
import { GivenKey, giveOnce } from '../idempotency/idempotency-key.js';
import { EventResend } from './event-resend.js';
import { OwnEventGuard } from './own-event.guard.js';
import { readEndpointIds, ResendRequest } from './resend-body.js';
import { resendEvent } from './resend-operations.js';

/** The route that sends an event again. */
@Controller('api/v1/webhook-events')
@UseGuards(BearerGuard)
export class ResendsController {
  constructor(private readonly resends: EventResend) {}

  @Post(':id/resend')
  @Operation(resendEvent)
  @UseGuards(OwnEventGuard)
  @HttpCode(202)
  @RequireScope('deliveries:retry')
  async resend(
    @Caller() { organizationId }: ApiTokenState,
    @By() author: Author,
    @Param('id') id: string,
    @GivenKey() key: string | null,
    @Body() body: ResendRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const endpointIds = readEndpointIds(body);
    return giveOnce(reply, await this.resends.request(author, organizationId, id, endpointIds, key));
  }
}

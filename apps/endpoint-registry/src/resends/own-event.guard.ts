import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import type { FastifyRequest } from 'fastify';

import { EventQueries } from '../events/event-queries.js';

type GuardedRequest = FastifyRequest<{ Params: { id: string } }> & { readonly caller: ApiTokenState };

/**
 * Refuses requests for an event that the organisation does not have, with 404, before their body is looked at. An event
 * that was accepted just now is waited for. The guard follows `BearerGuard`.
 */
@Injectable()
export class OwnEventGuard implements CanActivate {
  constructor(private readonly events: EventQueries) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller, params } = context.switchToHttp().getRequest<GuardedRequest>();
    await this.events.read(caller.organizationId, params.id);
    return true;
  }
}

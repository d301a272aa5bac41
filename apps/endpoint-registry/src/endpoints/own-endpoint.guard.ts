import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import type { FastifyRequest } from 'fastify';

import { EndpointQueries } from './endpoint-queries.js';

type GuardedRequest = FastifyRequest<{ Params: { id: string } }> & { readonly caller: ApiTokenState };

/**
 * Refuses requests for an endpoint that the organisation does not have, with 404, before their body is looked at. It
 * follows `BearerGuard`.
 */
@Injectable()
export class OwnEndpointGuard implements CanActivate {
  constructor(private readonly endpoints: EndpointQueries) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller, params } = context.switchToHttp().getRequest<GuardedRequest>();
    await this.endpoints.read(caller.organizationId, params.id);
    return true;
  }
}

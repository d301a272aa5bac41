import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import type { FastifyRequest } from 'fastify';

type GuardedRequest = FastifyRequest<{ Params: { id: string } }> & { readonly caller: ApiTokenState };

/**
 * Refuses requests for an object that the organisation does not have, with 404, before their body is looked at. It
 * follows `BearerGuard`. The path names the object as `:id`.
 */
export abstract class OwnObjectGuard implements CanActivate {
  /** Reads an object, and throws 404 when the organisation has none with the id. */
  protected abstract readonly objects: { read(organizationId: string, id: string): Promise<unknown> };

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller, params } = context.switchToHttp().getRequest<GuardedRequest>();
    await this.objects.read(caller.organizationId, params.id);
    return true;
  }
}

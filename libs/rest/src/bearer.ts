import { hash as digest } from 'node:crypto';

import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify';
import type { ApiTokenState, Scope } from '@skillora/contracts';
import type { FastifyRequest } from 'fastify';

import { invalidToken, missingScope, notAuthenticated, notFound } from './problems.js';
import { type Counted, RequestLimits } from './request-limits.js';

/** Looks up a service's tokens, by the SHA-256 of the token in lower-case hex. */
export interface TokenDirectory {
  find(hash: string): Promise<ApiTokenState | null>;
}

/** Injection token of the service's {@link TokenDirectory}. */
export const TOKEN_DIRECTORY = Symbol('TOKEN_DIRECTORY');

const SCOPE = 'skillora:scope';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a token needs for the route; absent for a route that needs no token. */
    readonly scope?: Scope;
  }
}

/** The scope that a handler needs. A handler without a scope refuses everybody. */
export const RequireScope = (scope: Scope): MethodDecorator =>
  applyDecorators(SetMetadata(SCOPE, scope), RouteConfig({ scope }));

/** The scope of a handler, from {@link RequireScope}. */
export function scopeOf(handler: object): Scope | undefined {
  return Reflect.getMetadata(SCOPE, handler) as Scope | undefined;
}

type AuthenticatedRequest = FastifyRequest & { caller?: ApiTokenState };

/** The token of the caller, as the directory returned it. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ApiTokenState => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('a handler asks for its caller but is not guarded');
  return caller;
});

/**
 * Accepts a request whose bearer token is known, has not expired, is within its rate limit, and has the scope
 * that the handler needs.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(TOKEN_DIRECTORY) private readonly tokens: TokenDirectory,
    private readonly limits: RequestLimits,
  ) {}

  /** Nothing to do for a request that was accepted before its body was read. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (request.caller === undefined) await this.admit(request, scopeOf(context.getHandler()));
    return true;
  }

  /**
   * Decides from the headers alone, and makes the token the request's caller.
   * @throws {RefusalException} 401 without a valid token, 403 without the scope, 429 beyond the rate limit.
   */
  async admit(request: FastifyRequest, scope: Scope | undefined): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    const hash = digest('sha256', token, 'hex');
    const counted = this.limits.beforeLookup(hash, request.ip);
    const known = await this.lookUp(hash, request.ip, counted);
    const expired = known !== null && known.expiresAt !== null && Date.parse(known.expiresAt) <= Date.now();
    if (!known || expired) {
      this.limits.unknown(hash, request.ip, counted);
      throw invalidToken(expired ? 'The token has expired.' : 'Invalid token.');
    }
    this.limits.known(hash, request.ip, counted);
    if (scope === undefined || !known.scopes.includes(scope)) throw missingScope(scope ?? 'of this path');
    (request as AuthenticatedRequest).caller = known;
  }

  private async lookUp(hash: string, address: string, counted: Counted): Promise<ApiTokenState | null> {
    try {
      return await this.tokens.find(hash);
    } catch (error) {
      this.limits.undecided(address, counted);
      throw error;
    }
  }
}

/**
 * Refuses requests from their headers alone where that is possible: without a route, or without a valid token
 * for a route that needs one. So nobody makes a service receive a body that it will not use.
 */
export function admitFromHeaders(app: NestFastifyApplication): void {
  let guard: BearerGuard | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request) => {
      if (request.is404) throw notFound();
      const { scope } = request.routeOptions.config;
      if (scope === undefined) return;
      guard ??= new BearerGuard(app.get(TOKEN_DIRECTORY), app.get(RequestLimits));
      await guard.admit(request, scope);
    });
}

/** RFC 6750 §2.1. @throws {RefusalException} 401 when there is no header of that form. */
function bearerToken(header: string | undefined): string {
  if (header === undefined || !/^bearer\b/i.test(header)) throw notAuthenticated();
  const match = /^bearer +([\w\-.~+/]+=*)$/i.exec(header);
  if (!match?.[1]) throw invalidToken('Invalid token header.');
  return match[1];
}

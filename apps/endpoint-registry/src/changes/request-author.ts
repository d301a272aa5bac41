import { isIP } from 'node:net';

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { clientNetwork } from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import type { KnownToken } from '../organizations/token-state.js';
import type { Author } from './author.js';

/** The author of what a guarded handler does: the token it was called with, from where, and in which request. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Author => {
  const request = context.switchToHttp().getRequest<FastifyRequest & { caller?: KnownToken }>();
  if (!request.caller) throw new Error('a handler asks for its caller but is not guarded');
  const { id, name } = request.caller;
  return {
    actor: { type: 'token', id, name },
    address: addressOf(request.ip),
    requestId: request.id,
  };
});

/** The address, an IPv4-mapped one (RFC 4291 §2.5.5.2) as IPv4; null for what a proxy calls one and is none. */
export function addressOf(ip: string): string | null {
  const network = clientNetwork(ip);
  if (isIP(network) !== 0) return network;
  return isIP(ip) === 0 ? null : ip;
}

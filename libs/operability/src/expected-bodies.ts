import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

/**
 * Asks a client for its body only once the body is wanted (RFC 9110, section 10.1.1): a request with
 * `Expect: 100-continue` that is refused because of its headers gets the refusal instead. Node would ask for
 * the body at once.
 */
export function askForBodies(fastify: FastifyInstance): void {
  const waiting = new WeakSet<IncomingMessage>();
  fastify.server.on('checkContinue', (request: IncomingMessage, response) => {
    waiting.add(request);
    fastify.server.emit('request', request, response);
  });
  fastify.addHook('preParsing', ({ raw: request, routeOptions }, reply, payload, done) => {
    const isTooLarge = Number(request.headers['content-length'] ?? 0) > routeOptions.bodyLimit;
    if (waiting.delete(request) && !isTooLarge) reply.raw.writeContinue();
    done(null, payload);
  });
}

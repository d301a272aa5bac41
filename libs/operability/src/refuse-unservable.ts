import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

/** The requests that HTTP requires a server to refuse: status and detail, or null. */
function problemOf({
  httpVersion,
  headers,
}: IncomingMessage): readonly [status: number, detail: string] | null {
  // RFC 9112, 3.2. HTTP/1.0 knows no such header.
  if (httpVersion !== '1.0' && headers.host === undefined) return [400, 'The request has no Host header.'];
  // RFC 9110, 10.1.1: 100-continue is the only defined expectation.
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return [417, 'The request expects something that is not known.'];
  }
  return null;
}

/**
 * Refuses, in the shape of all errors, requests that Node would refuse with an empty answer: without a Host,
 * or with an unknown expectation. The server must be created with `requireHostHeader: false`.
 */
export function refuseUnservable(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (request, response) => {
    fastify.server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const problem = problemOf(request.raw);
    if (problem === null) {
      done();
      return;
    }
    const [status, detail] = problem;
    void reply.status(status).header('connection', 'close').send({ detail });
  });
}

import type { FastifyReply } from 'fastify';

/**
 * A signal that is aborted when the client has left, or its answer was sent; immediately if it has already
 * left.
 */
export function clientLeft({ raw: response }: FastifyReply): AbortSignal {
  const left = new AbortController();
  response.once('close', () => left.abort());
  // A client that has already left emits no further event.
  if (response.destroyed) left.abort();
  return left.signal;
}

import type { FastifyReply } from 'fastify';

/** A signal that is aborted when the client has left, or its answer was sent; at once where it has left already. */
export function clientLeft({ raw: response }: FastifyReply): AbortSignal {
  const left = new AbortController();
  response.once('close', () => left.abort());
  // Whoever left before does not leave again.
  if (response.destroyed) left.abort();
  return left.signal;
}

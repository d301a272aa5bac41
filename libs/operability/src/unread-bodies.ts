import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

/** The largest rest of a body that is read and thrown away, so that the connection can be used again, bytes. */
const DISCARDED_BYTES = 64 * 1_024;
/** How long a client has for the answer before its connection is closed with the rest of its body unread, ms. */
const LINGER_MS = 2_000;

/**
 * Bounds what a body costs that nobody reads, because its request was answered from the headers alone. Node
 * would read all of it, whatever its size, to find the next request. Here a connection with a large rest
 * takes the answer and closes, and no more than the buffers of the connection is read.
 */
export function boundUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ raw: request }, reply, payload, done) => {
    const unread = unreadBytes(request);
    const closes = reply.getHeader('connection') === 'close';
    if (unread > DISCARDED_BYTES || (unread > 0 && closes)) {
      reply.header('connection', 'close');
      closeUnread(request);
    }
    done(null, payload);
  });
}

/** The most that may still arrive of a request's body, bytes; Infinity if the request does not say. */
export function unreadBytes({ complete, headers }: IncomingMessage): number {
  if (complete) return 0;
  if (headers['transfer-encoding'] !== undefined) return Infinity;
  return Number(headers['content-length'] ?? 0);
}

/**
 * Lets the connection of the request end with its answer, without reading more of it. Node would close it at
 * once. Then the operating system would reset it, because of the unread bytes, and the client might never
 * see the answer (RFC 9112, section 9.6).
 */
function closeUnread(request: IncomingMessage): void {
  const { socket } = request;
  request.pause();
  // A request that was never read from is read to its end by Node.
  request.read(0);
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

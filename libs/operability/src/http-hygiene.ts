import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import { askForBodies } from './expected-bodies.js';
import { refuseUnservable } from './refuse-unservable.js';
import { boundUnreadBodies } from './unread-bodies.js';

/** Longer request lines and headers are answered with 431, bytes. */
const MAX_HEADER_BYTES = 16_384;
/** How long a client may take for its headers, and for the whole request; after that it gets 408, ms. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often these two limits are checked, ms. */
const CHECKING_INTERVAL_MS = 1_000;
/** The maximum number of connections of one service; further ones are closed at once. */
const MAX_CONNECTIONS = 10_000;

/** The options of every HTTP server here, so that slow and oversized clients cost little. */
export const SERVER_LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  http: {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
    // Our own code requires it: see refuseUnservable.
    requireHostHeader: false,
  },
} as const;

/** Security headers for answers that are data. A page sets its own. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Adds the security headers and the request's id to every answer, bounds connections and unread bodies, and closes silent
 * connections at the end.
 */
export function applyHygiene(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('x-frame-options', 'DENY');
    reply.header('cross-origin-resource-policy', 'same-origin');
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
    if (!isPage && !reply.hasHeader('content-security-policy')) {
      reply.header('content-security-policy', DATA_POLICY);
    }
    done(null, payload);
  });
  refuseUnservable(fastify);
  askForBodies(fastify);
  boundUnreadBodies(fastify);
  fastify.server.maxConnections = MAX_CONNECTIONS;
  closeSilentAtEnd(fastify);
}

/**
 * When a server closes, Node closes idle connections between two requests, but waits for those that never
 * sent a request. A browser's or load balancer's spare connection would keep the process running until it is
 * killed.
 */
function closeSilentAtEnd(fastify: FastifyInstance): void {
  const silent = new Set<Socket>();
  const server: Server = fastify.server;
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  fastify.addHook('preClose', (done) => {
    for (const socket of silent) socket.destroy();
    done();
  });
}

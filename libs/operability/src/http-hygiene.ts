import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import { refuseUnservable } from './refuse-unservable.js';

/** Request lines and headers beyond this are answered with 431, bytes. */
const MAX_HEADER_BYTES = 16_384;
/** How long a client may take for its headers, and for the whole request; beyond, it is answered with 408, ms. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often the two are looked after, ms. */
const CHECKING_INTERVAL_MS = 1_000;
/** Connections of one service at a time; further ones are closed at once. */
const MAX_CONNECTIONS = 10_000;

/** What every server of ours is made with, so that slow and oversized clients cost little. */
export const SERVER_LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  http: {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
    // It is required by us: see refuseUnservable.
    requireHostHeader: false,
  },
} as const;

/** What browsers are to make of an answer that is data. A page says itself what it needs. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Adds the security headers to every answer, bounds connections, and lets go of silent ones at the end. */
export function applyHygiene(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
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
  fastify.server.maxConnections = MAX_CONNECTIONS;
  closeSilentAtEnd(fastify);
}

/**
 * Node closes connections between two requests when a server ends, but waits for those that never sent one: a browser's
 * spare connection, or a load balancer's, would hold the process until it is cut off.
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

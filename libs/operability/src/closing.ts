import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

/** What a service does about requests: all; all, and asks to be left; nothing any more. */
type Stage = 'open' | 'leaving' | 'refusing';

/** How long a service waits for its clients, ms. */
export interface DrainLimits {
  /**
   * Clients that keep connections and use them at all often send another request within this, and are told to
   * leave.
   */
  readonly idleGraceMs: number;
  /** What is under way may take so long; a request that takes longer meets a service that ends. */
  readonly underWayMs: number;
}

const LIMITS: DrainLimits = { idleGraceMs: 1_000, underWayMs: 10_000 };
const LOOK_EVERY_MS = 10;
/** Another instance, or this one after its restart, is worth asking after so many seconds. */
const REFUSAL = {
  headers: { 'retry-after': '1' },
  body: { detail: 'This instance of the service is ending. Try again shortly.' },
};

/** How the HTTP server of a service ends without refusing anybody whom it can still serve. */
export class Closing {
  private stage: Stage = 'open';
  private readonly connections = new Set<Socket>();
  private readonly lastCalls: (() => void)[] = [];

  /** To be made before routes are, so that it is asked before them. */
  constructor(private readonly fastify: FastifyInstance) {
    const server: Server = fastify.server;
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    fastify.addHook('onRequest', (_request, reply, done) => {
      if (this.stage === 'refusing') void reply.status(503).headers(REFUSAL.headers).send(REFUSAL.body);
      else done();
    });
    // So that clients send their next request over another connection, to another instance (RFC 9112 §9.6).
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.stage !== 'open') reply.header('connection', 'close');
      done(null, payload);
    });
    fastify.addHook('preClose', (done) => {
      this.stage = 'refusing';
      done();
    });
  }

  /** Whether the service has begun to end. */
  get begun(): boolean {
    return this.stage !== 'open';
  }

  /** Calls `listener` when what has no end by itself is to end: answers that are streams. */
  onLastCall(listener: () => void): void {
    this.lastCalls.push(listener);
  }

  /**
   * Lets clients leave, and resolves when nothing is under way any more. Until `told` everything is served as
   * before, not ready and with `Connection: close`. Then no connection is taken any more, those that are
   * there are served until they have had one more answer, and idle ones are closed. Last of all requests are
   * refused, with 503.
   */
  async drain(told: Promise<unknown>, { idleGraceMs, underWayMs }: DrainLimits = LIMITS): Promise<void> {
    this.stage = 'leaving';
    await told;
    for (const listener of this.lastCalls) listener();
    // `http.Server.close` would close idle connections at once, over which a request may be on its way.
    NetServer.prototype.close.call(this.fastify.server);
    await this.haveLeft(idleGraceMs);
    this.closeIdle();
    await this.haveLeft(underWayMs);
    this.stage = 'refusing';
  }

  /**
   * Those between two requests, and those that never sent one; a request that has begun to come is served.
   */
  private closeIdle(): void {
    this.fastify.server.closeIdleConnections();
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }

  private async haveLeft(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.connections.size > 0 && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  }
}

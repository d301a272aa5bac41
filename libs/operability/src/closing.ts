import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

/** How a service treats requests: it serves all, serves all and asks clients to leave, or refuses all. */
type Stage = 'open' | 'leaving' | 'refusing';

/** How long a service waits for its clients, ms. */
export interface DrainLimits {
  /**
   * Clients that keep connections in use often send another request within this time, and are then asked to
   * leave.
   */
  readonly idleGraceMs: number;
  /** The time limit for requests in progress; a request that takes longer is cut off. */
  readonly underWayMs: number;
}

const LIMITS: DrainLimits = { idleGraceMs: 1_000, underWayMs: 10_000 };
const LOOK_EVERY_MS = 10;
/**
 * The `Retry-After` of a refused request, seconds: another instance, or this one after its restart, may then
 * answer.
 */
const REFUSAL = {
  headers: { 'retry-after': '1' },
  body: { detail: 'This instance of the service is ending. Try again shortly.' },
};

/** Closes the HTTP server of a service without refusing clients that it can still serve. */
export class Closing {
  private stage: Stage = 'open';
  private readonly connections = new Set<Socket>();
  private readonly lastCalls: (() => void)[] = [];

  /** Create it before the routes, so that its hooks run first. */
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
    // Clients then send their next request over another connection, to another instance (RFC 9112 §9.6).
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.stage !== 'open') reply.header('connection', 'close');
      done(null, payload);
    });
    fastify.addHook('preClose', (done) => {
      this.stage = 'refusing';
      done();
    });
  }

  /** Whether the service has begun to close. */
  get begun(): boolean {
    return this.stage !== 'open';
  }

  /** Calls `listener` when answers without an end of their own (streams) must end. */
  onLastCall(listener: () => void): void {
    this.lastCalls.push(listener);
  }

  /**
   * Lets clients leave, and resolves when no request is in progress any more. Until `told` resolves,
   * everything is served as before, but the service is not ready and answers carry `Connection: close`. Then
   * no new connections are accepted, open ones get one more answer, and idle ones are closed. At last,
   * requests are refused with 503.
   */
  async drain(told: Promise<unknown>, { idleGraceMs, underWayMs }: DrainLimits = LIMITS): Promise<void> {
    this.stage = 'leaving';
    await told;
    for (const listener of this.lastCalls) listener();
    // `http.Server.close` would close idle connections at once, although a request may be on its way over
    // them.
    NetServer.prototype.close.call(this.fastify.server);
    await this.haveLeft(idleGraceMs);
    this.closeIdle();
    await this.haveLeft(underWayMs);
    this.stage = 'refusing';
  }

  /**
   * Closes idle connections, and those that never sent a request; a request that has begun to arrive is
   * served.
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

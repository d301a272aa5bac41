import { fastify, type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';

import type { HealthAnswers } from './health-answers.js';
import { applyHygiene, SERVER_LIMITS } from './http-hygiene.js';
import type { Logger } from './logger.js';
import { isGiven } from './settings.js';
import { refuseUnreadable } from './unreadable-request.js';

/** The port for health and metrics, separate from the port for clients. */
export interface ManagementPort {
  readonly port: number;
  /** The variable that sets the port. */
  readonly variable: string;
  /** Whether it was set. If another instance uses a port that is only the default, another port is taken. */
  readonly given: boolean;
}

/** The port from `variable`, and whether it was set there. */
export function managementPort(variable: string, port: number, env: NodeJS.ProcessEnv): ManagementPort {
  return { port, variable, given: isGiven(variable, env) };
}

/** Serves health and metrics on a port of their own, which a flood on the other port does not affect. */
export class ManagementServer {
  private constructor(
    private readonly server: FastifyInstance,
    readonly port: number,
  ) {}

  /**
   * Listens. If another instance on the machine uses the default port, any free port is taken and logged.
   * @throws {Error} when it cannot listen on a port that was set.
   */
  static async listen(
    answers: HealthAnswers,
    { port, variable, given }: ManagementPort,
    host: string,
    logger: Logger,
  ): Promise<ManagementServer> {
    try {
      return await ManagementServer.on(port, host, answers);
    } catch (error) {
      if (given || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    const server = await ManagementServer.on(0, host, answers);
    logger.warn(
      { managementPort: server.port, usualPort: port },
      `the default management port is in use, so health and metrics are on another free port. Set ${variable} to choose the port`,
    );
    return server;
  }

  private static async on(port: number, host: string, answers: HealthAnswers): Promise<ManagementServer> {
    const server = managementRoutes(answers);
    await server.listen({ port, host });
    return new ManagementServer(server, (server.server.address() as AddressInfo).port);
  }

  /** Answers the requests in progress, and ends. */
  async close(): Promise<void> {
    await this.server.close();
  }
}

function managementRoutes(answers: HealthAnswers): FastifyInstance {
  const server = fastify({
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    ...SERVER_LIMITS,
    clientErrorHandler: refuseUnreadable,
    // No route here reads a body.
    bodyLimit: 1_024,
  });
  applyHygiene(server);
  server.get('/health/live', () => answers.live());
  server.get('/health/ready', async (_request, reply) => {
    const { status, body } = await answers.ready();
    return reply.status(status).send(body);
  });
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await answers.metrics();
    return reply.header('content-type', contentType).send(text);
  });
  server.setNotFoundHandler((_request, reply) => reply.status(404).send({ detail: 'Not found.' }));
  server.setErrorHandler((_error, _request, reply) =>
    reply.status(500).send({ detail: 'A server error occurred.' }),
  );
  return server;
}

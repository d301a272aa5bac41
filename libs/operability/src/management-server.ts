import { fastify, type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';

import type { HealthAnswers } from './health-answers.js';
import { applyHygiene, SERVER_LIMITS } from './http-hygiene.js';
import type { Logger } from './logger.js';
import { isGiven } from './settings.js';
import { refuseUnreadable } from './unreadable-request.js';

/** Where a service is asked about itself, apart from the port that its clients use. */
export interface ManagementPort {
  readonly port: number;
  /** The variable that sets it. */
  readonly variable: string;
  /** Whether it was set. A port that is only the default gives way when another instance has it. */
  readonly given: boolean;
}

/** The port as it was read from `variable`, and whether it was set there. */
export function managementPort(variable: string, port: number, env: NodeJS.ProcessEnv): ManagementPort {
  return { port, variable, given: isGiven(variable, env) };
}

/** Health and metrics on a port of their own, which a flood on the other one leaves alone. */
export class ManagementServer {
  private constructor(
    private readonly server: FastifyInstance,
    readonly port: number,
  ) {}

  /**
   * Listens. Where the default port is in use, since another instance runs on the machine, any free one is taken
   * and the log says which.
   * @throws {Error} when a port that was set cannot be listened on.
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

  /** Answers what is under way, and ends. */
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
    // Nothing here reads a body.
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

import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

import { Closing } from './closing.js';
import type { ConnectionSettings } from './connection-settings.js';
import { HealthAnswers } from './health-answers.js';
import { applyHygiene, SERVER_LIMITS } from './http-hygiene.js';
import { observeRequests } from './http-metrics.js';

import { listenAddress } from './listen-address.js';
import { createLogger, type Logger, NestLogger } from './logger.js';
import { type ManagementPort, ManagementServer } from './management-server.js';
import { OperabilityModule } from './operability.module.js';
import { Readiness } from './readiness.js';
import { requestIdOf } from './request-id.js';
import { originForm } from './request-target.js';
import { readSettings, SettingsError } from './settings.js';
import { Tracing } from './tracing/tracing.js';
import { readTracingSettings } from './tracing/tracing-settings.js';
import { refuseUnreadable } from './unreadable-request.js';

/** Orchestrators kill a process 30 s after SIGTERM; unfinished work is cut off a little earlier. */
const SHUTDOWN_LIMIT_MS = 28_000;

/** How long browsers may cache CORS permissions, seconds. */
const CORS_MAX_AGE_S = 600;

/** The definition of a service. */
export interface ServiceDefinition {
  readonly name: string;
  readonly module: Type | DynamicModule;
  /** The port for clients; for a service without clients the port for operators. */
  readonly port: number;
  /** The port for health and metrics. Without it, the port above serves them. */
  readonly management?: ManagementPort;
  readonly logLevel: string;
  readonly logger: Logger;
  /** The largest accepted request body, bytes; a larger one gets 413. */
  readonly bodyLimitBytes: number;
  /**
   * Proxies whose `X-Forwarded-For` is trusted, as addresses and CIDR blocks: the client is the last address
   * in it that is not a trusted proxy. None by default.
   */
  readonly trustedProxies?: readonly string[];
  /** For services whose clients keep connections open; without it, the service closes at once at the end. */
  readonly connections?: ConnectionSettings;
  /** Origins whose pages may call this service from a browser; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Adds what only this service needs (error shapes, microservice transports) before it listens. */
  readonly prepare?: (app: NestFastifyApplication) => void | Promise<void>;
}

/**
 * Builds the Nest application of a service: fastify, pino, health, metrics. Both `/path` and `/path/` answer.
 * @param tracing is ended by its owner, once the application is closed.
 */
export async function createService(
  definition: ServiceDefinition,
  tracing: Tracing = Tracing.off(),
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_096 },
    rewriteUrl: (request: { url?: string | undefined }) => originForm(request.url ?? '/'),
    bodyLimit: definition.bodyLimitBytes,
    genReqId: requestIdOf,
    forceCloseConnections: 'idle',
    ...SERVER_LIMITS,
    ...(definition.trustedProxies?.length ? { trustProxy: [...definition.trustedProxies] } : {}),
    ...(definition.connections ? { keepAliveTimeout: definition.connections.keepAliveTimeoutMs } : {}),
    // Our own code answers in this case, in the shape of all errors: see Closing.
    return503OnClosing: false,
    clientErrorHandler: refuseUnreadable,
    // A path that cannot be decoded is not a path of ours.
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply) => {
      void reply.status(404).send({ detail: 'Not found.' });
    },
  });
  const root: DynamicModule = {
    module: ServiceRoot,
    imports: [
      OperabilityModule.register(definition.logger, new Closing(adapter.getInstance()), {
        tracing,
        metricsHere: definition.management === undefined,
      }),
      definition.module,
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLogger(definition.logger),
    abortOnError: false,
    bodyParser: false,
  });
  applyHygiene(app.getHttpAdapter().getInstance());
  observeRequests(app.getHttpAdapter().getInstance());
  if (definition.corsOrigins && definition.corsOrigins.length > 0) {
    app.enableCors({
      origin: [...definition.corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['retry-after', 'www-authenticate', 'x-request-id'],
      maxAge: CORS_MAX_AGE_S,
      // OPTIONS without the headers of a preflight has its own answer.
      strictPreflight: false,
    });
  }
  await definition.prepare?.(app);
  return app;
}

@Module({})
class ServiceRoot {}

/**
 * Runs a service as a process. If it cannot start, it ends with one clear line. On SIGTERM and SIGINT it
 * finishes its work and ends within 30 s. After an uncaught error it ends, and its supervisor starts it
 * again.
 */
export async function runService(name: string, define: () => ServiceDefinition): Promise<void> {
  let definition: ServiceDefinition;
  try {
    definition = define();
  } catch (error) {
    const logger = createLogger(name);
    if (error instanceof SettingsError) logger.fatal(error.message);
    else logger.fatal({ err: error }, 'cannot start');
    process.exitCode = 1;
    return;
  }
  const { logger } = definition;
  const die = (error: unknown): void => {
    logger.fatal(
      { err: error },
      'an error nobody caught: this process ends, so that its supervisor starts a new one. Report the error',
    );
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  let app: NestFastifyApplication;
  let tracing: Tracing;
  let management: ManagementServer | null = null;
  try {
    const { address } = readSettings({ address: listenAddress() });
    tracing = await Tracing.start(readTracingSettings(), name, logger);
    app = await createService(definition, tracing);
    await app.init();
    await app.startAllMicroservices();
    const server: Server = app.getHttpServer();
    app
      .get(Readiness)
      .registerInstant('port', () => (server.listening ? null : 'its port takes no connections'));
    // First, so that metrics exist once the service reports that it is ready.
    if (definition.management) {
      const answers = app.get(HealthAnswers);
      management = await ManagementServer.listen(answers, definition.management, address, logger);
    }
    await app.listen(definition.port, address);
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (error instanceof SettingsError) logger.fatal(error.message);
    else if (code === 'EADDRINUSE')
      logger.fatal({ port }, 'the port is in use. Set another port, or stop the process that uses it');
    else if (code === 'EADDRNOTAVAIL')
      logger.fatal(
        'LISTEN_ADDRESS is not an address of this machine. Set an address of this machine, or 0.0.0.0 for all of them',
      );
    else logger.fatal({ err: error }, 'cannot start. The error names what this service could not reach');
    process.exit(1);
  }

  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) return;
    ending = true;
    logger.info({ signal }, 'draining');
    setTimeout(() => {
      logger.error(
        'this process did not finish its work in time and ends now. Another instance repeats the unfinished work',
      );
      process.exit(1);
    }, SHUTDOWN_LIMIT_MS).unref();
    const left = definition.connections
      ? app.get(Closing).drain(delay(definition.connections.shutdownDelayMs))
      : Promise.resolve();
    const drained = left
      .then(() => app.close())
      .then(() => management?.close())
      .then(() => tracing.end());
    drained.then(
      () => {
        logger.info('drained');
        process.exit(0);
      },
      (error: unknown) => die(error),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Last, because a reader of this line may answer it with a signal.
  logger.info(
    { port: definition.port, ...(management ? { managementPort: management.port } : {}) },
    'listening',
  );
}

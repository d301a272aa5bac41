import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiTokenState } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';
import type { FastifyRequest } from 'fastify';

import { admitFromHeaders } from './bearer.js';
import { decodeContent } from './content-coding.js';
import { linkProblem, startProblem } from './forwarded-scheme.js';
import { parseJsonBody } from './json-body.js';
import { RefusalException, throttled } from './problems.js';
import { type KnownFailure, ProblemFilter } from './problem-filter.js';
import { RouteTable } from './route-table.js';
import { UnreadAnswers } from './unread-answers.js';

/** A client that has not received its answer by then is disconnected, ms: 4 MiB then need 35 KiB a second. */
const READ_LIMIT_MS = 120_000;
const ROOM_AGAIN_MS = 5_000;

export interface RestOptions {
  readonly logger: Logger;
  /**
   * For a service whose answers contain links: its public address as in {@link publicBase}, null for the
   * address in each request, and its known proxies. The log warns when the links look wrong.
   */
  readonly links?: { readonly publicUrl: string | null; readonly trustedProxies: readonly string[] };
  /**
   * Media types whose bodies are passed on as bytes. `application/json` is parsed unless it is among them.
   * `*` means every other type, and none.
   */
  readonly rawMediaTypes?: readonly string[];
  /**
   * Recognises errors of a database or broker that is down for a while: they are answered with 503. Default:
   * none.
   */
  readonly isOutage?: (error: unknown) => boolean;
  /** Recognises errors that have an answer of their own, also among those of `isOutage`. Default: none. */
  readonly known?: (error: unknown) => KnownFailure | null;
  /** The bytes that wait for clients to read them. Only tests set another limit. */
  readonly unread?: UnreadAnswers;
}

/**
 * Gives an application the conventions of the API: only JSON bodies, also in gzip; errors in one shape; 405
 * with `Allow`; and no header that names the software. Call it before the application is initialised.
 */
export function prepareRest(
  app: NestFastifyApplication,
  {
    logger,
    links,
    rawMediaTypes = [],
    isOutage = () => false,
    known,
    unread = new UnreadAnswers(),
  }: RestOptions,
): RouteTable {
  const routes = new RouteTable();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorate('publicUrl', links?.publicUrl ?? null);
  if (links) watchLinks(app, logger, links);
  fastify.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    done(
      hasOneHost(raw.rawHeaders)
        ? undefined
        : new RefusalException(400, 'The request has more than one Host header.'),
    );
  });
  admitFromHeaders(app);
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff');
    // Answers that may be cached set their own header.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  boundUnread(app, unread);
  fastify.removeAllContentTypeParsers();
  if (!rawMediaTypes.includes('application/json')) {
    fastify.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async ({ headers, routeOptions }: FastifyRequest, body: Buffer) =>
        parseJsonBody(await decodeContent(headers['content-encoding'], body, routeOptions.bodyLimit)),
    );
  }
  for (const mediaType of rawMediaTypes) {
    fastify.addContentTypeParser(mediaType, { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
  }
  app.useGlobalFilters(new ProblemFilter(routes, logger, isOutage, known));
  return routes;
}

/**
 * Warns at the start, and at the first request that shows it, that links do not lead to the address of the
 * clients.
 */
function watchLinks(
  app: NestFastifyApplication,
  logger: Logger,
  { publicUrl, trustedProxies }: NonNullable<RestOptions['links']>,
): void {
  const atStart = startProblem(publicUrl, trustedProxies);
  if (atStart !== null) logger.warn(atStart);
  let isSaid = false;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ headers }, _reply, done) => {
      const problem = isSaid ? null : linkProblem(publicUrl, [headers['x-forwarded-proto']].flat()[0]);
      if (problem !== null) {
        isSaid = true;
        logger.warn(problem);
      }
      done();
    });
}

/**
 * Answers with 429 when clients of an organisation have too many unread answers. Changes are answered all the
 * same, because their answers are small.
 */
function boundUnread(app: NestFastifyApplication, unread: UnreadAnswers): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (request: FastifyRequest & { caller?: ApiTokenState }, reply, payload, done) => {
      const organizationId = request.caller?.organizationId;
      if (organizationId === undefined || typeof payload !== 'string') {
        done(null, payload);
        return;
      }
      const bytes = Buffer.byteLength(payload);
      if (request.method === 'GET' && !unread.hasRoom(organizationId, bytes)) {
        const refusal = throttled('Read the answers to earlier requests first.', ROOM_AGAIN_MS);
        reply.status(refusal.getStatus()).headers(refusal.headers);
        done(null, JSON.stringify(refusal.getResponse()));
        return;
      }
      const taken = unread.add(organizationId, bytes);
      const tooLate = setTimeout(() => reply.raw.destroy(), READ_LIMIT_MS);
      tooLate.unref();
      const end = (): void => {
        clearTimeout(tooLate);
        taken();
      };
      if (reply.raw.destroyed) end();
      else reply.raw.once('close', end);
      done(null, payload);
    });
}

/**
 * With several values, servers on the way could each use a different one (RFC 9112 §3.2). Node does not
 * refuse this.
 */
function hasOneHost(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts <= 1;
}

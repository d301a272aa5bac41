import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@skillora/operability';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { RefusalException } from './problems.js';
import type { RouteTable } from './route-table.js';

/** An error of a dependency that has an answer of its own, and the message for the log. */
export interface KnownFailure {
  readonly refusal: RefusalException;
  /** Says what happened, and what an operator can do. */
  readonly message: string;
}

/**
 * Turns every error of a request into an answer of the API's conventions: `{"detail": …}` or the problems by
 * field. A fault of the service is logged with its cause and answered with a plain 500.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    private readonly logger: Logger,
    private readonly isOutage: (error: unknown) => boolean,
    private readonly known: (error: unknown) => KnownFailure | null = () => null,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const { status, body, headers } = this.answer(error, request);
    void reply.status(status).headers(headers).send(body);
  }

  private answer(
    error: unknown,
    request: FastifyRequest,
  ): { status: number; body: object | null; headers: Record<string, string> } {
    if (request.is404) return this.noSuchRoute(request);
    if (error instanceof RefusalException) return answerOf(error);
    const refused = refusedByServer(error instanceof HttpException ? error.cause : error, request);
    if (refused) return { ...refused, headers: {} };
    if (error instanceof HttpException) {
      const response = error.getResponse();
      const body = typeof response === 'string' ? { detail: response } : response;
      return { status: error.getStatus(), body, headers: {} };
    }
    const { statusCode } = error as { statusCode?: number };
    if (statusCode !== undefined && statusCode >= 400 && statusCode <= 499)
      return { status: statusCode, body: { detail: 'The request is malformed.' }, headers: {} };
    const context = {
      err: error,
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
    };
    const known = this.known(error);
    if (known) {
      this.logger.warn(context, known.message);
      return answerOf(known.refusal);
    }
    if (this.isOutage(error)) {
      this.logger.warn(
        context,
        'a request was answered with 503, because a system that this service depends on cannot be reached. Fix what the error names',
      );
      return {
        status: 503,
        body: { detail: 'The service cannot answer at the moment.' },
        headers: { 'retry-after': '5' },
      };
    }
    this.logger.error(
      context,
      'a request was answered with 500 because of a fault in our code. Report the error',
    );
    return { status: 500, body: { detail: 'A server error occurred.' }, headers: {} };
  }

  private noSuchRoute(request: FastifyRequest): {
    status: number;
    body: object | null;
    headers: Record<string, string>;
  } {
    const allowed = this.routes.methodsOf(request.url.split('?', 1)[0] ?? '/');
    if (allowed.length === 0) return { status: 404, body: { detail: 'Not found.' }, headers: {} };
    const allow = allowed.join(', ');
    if (request.method === 'OPTIONS') return { status: 204, body: null, headers: { allow } };
    return {
      status: 405,
      body: { detail: `Method "${request.method}" not allowed.` },
      headers: { allow },
    };
  }
}

function answerOf(refusal: RefusalException): {
  status: number;
  body: object;
  headers: Record<string, string>;
} {
  return {
    status: refusal.getStatus(),
    body: refusal.getResponse() as object,
    headers: { ...refusal.headers },
  };
}

/**
 * Our words for errors with which fastify refuses a request before a handler runs. Since its release 12 Nest hands them over
 * as the cause of an exception with fastify's words.
 */
function refusedByServer(error: unknown, request: FastifyRequest): { status: number; body: object } | null {
  const { code } = (error ?? {}) as { code?: string };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, body: { detail: 'The request body is too large.' } };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const given = request.headers['content-type'] ?? '';
      return { status: 415, body: { detail: `Unsupported media type "${given.slice(0, 200)}" in request.` } };
    }
    default:
      return null;
  }
}

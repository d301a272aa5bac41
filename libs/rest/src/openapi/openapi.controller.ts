import { createHash } from 'node:crypto';

import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { publicBase } from '../public-url.js';
import { type ApiDescription, type OpenApiDocument, openApiDocument } from './document.js';
import { docsPage, STYLE } from './docs-page.js';
import { Operation } from './operation.js';

/** Injection token of the service's {@link ApiDescription}. */
export const API_DESCRIPTION = Symbol('API_DESCRIPTION');

/** The page may load only its own style sheet; there are no scripts. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the API's own description, for machines and for people. It needs no token. */
@Controller('api/v1')
export class OpenApiController {
  /** Made once: whoever asks needs no token, and only the base of the paths depends on the request. */
  private made: OpenApiDocument | null = null;

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(API_DESCRIPTION) private readonly description: ApiDescription,
  ) {}

  @Get('openapi.json')
  @Operation({
    summary: 'Read this documentation as OpenAPI',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } } },
  })
  document(@Req() request: FastifyRequest): OpenApiDocument {
    this.made ??= openApiDocument(this.modules, this.description, '');
    return { ...this.made, servers: [{ url: publicBase(request) }] };
  }

  @Get('docs')
  @Operation({
    summary: 'Read this documentation as a page',
    answers: { 200: { description: 'An HTML page.', schema: { type: 'string' }, mediaType: 'text/html' } },
  })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'no-referrer')
      .send(docsPage(this.document(request)));
  }
}

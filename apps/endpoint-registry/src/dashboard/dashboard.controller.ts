import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import fastifyStatic from '@fastify/static';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RefusalException } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { pageFile } from './page-file.js';
import { PAGE_HEADERS } from './page-headers.js';

/** The folder in which `npm run build` puts the page. */
const ROOT = fileURLToPath(new URL('../../../dashboard/dist/page', import.meta.url));
const YEAR_MS = 31_536_000_000;

/** Serves the dashboard's static files to anybody: the data comes from the API, which needs a token. */
@Controller('dashboard')
export class DashboardController {
  private readonly built = existsSync(ROOT);

  /** Enables replies with files; call it before the application is initialised. */
  static async prepare(app: NestFastifyApplication): Promise<void> {
    await app.register(fastifyStatic, { root: ROOT, serve: false, preCompressed: true, etag: true });
  }

  @Get(['', '*'])
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.built) throw new RefusalException(404, 'The dashboard is not built: run `npm run build`.');
    const path = new URL(request.url, 'http://localhost').pathname.replace(/^\/dashboard\/?/, '');
    const { path: file, immutable } = pageFile(path);
    await reply
      .headers(PAGE_HEADERS)
      .sendFile(file, immutable ? { immutable, maxAge: YEAR_MS } : { cacheControl: false });
  }
}

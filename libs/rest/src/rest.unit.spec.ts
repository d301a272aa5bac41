import 'reflect-metadata';

import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiTokenState } from '@skillora/contracts';
import { createLogger, createService } from '@skillora/operability';
import { hashOf } from './testing/token-hash.js';

import { BearerGuard, Caller, RequireScope, TOKEN_DIRECTORY, type TokenDirectory } from './bearer.js';
import { prepareRest } from './prepare-rest.js';
import { InvalidFields } from './problems.js';

const TOKEN = 'a-token';

class OneToken implements TokenDirectory {
  find(hash: string): Promise<ApiTokenState | null> {
    const state = { hash, organizationId: 'acme', scopes: ['endpoints:read' as const], expiresAt: null };
    return Promise.resolve(hash === hashOf(TOKEN) ? state : null);
  }
}

@Controller('things')
class Things {
  @Get()
  @UseGuards(BearerGuard)
  @RequireScope('endpoints:read')
  list(@Caller() caller: ApiTokenState): string[] {
    return [caller.organizationId];
  }

  @Get('unscoped')
  @UseGuards(BearerGuard)
  unscoped(): string {
    return 'nobody gets here';
  }

  @Post()
  make(@Req() request: { body: unknown }): unknown {
    if (request.body === 'bad') throw new InvalidFields({ name: ['Bad.'] });
    if (request.body === 'broken') throw new Error('a secret cause');
    if (request.body === 'away') throw new Error('the database is away');
    return { got: request.body ?? null };
  }
}

@Module({ controllers: [Things], providers: [BearerGuard, { provide: TOKEN_DIRECTORY, useClass: OneToken }] })
class ThingsModule {}

let app: NestFastifyApplication;
let origin: string;

beforeAll(async () => {
  const logger = createLogger('rest-test', 'silent');
  app = await createService({
    name: 'rest-test',
    module: ThingsModule,
    port: 0,
    logLevel: 'silent',
    logger,
    bodyLimitBytes: 1_000,
    prepare: (created) => {
      prepareRest(created, { logger, isOutage: (error) => String(error).includes('is away') });
    },
  });
  await app.init();
  await app.listen(0, '127.0.0.1');
  origin = await app.getUrl();
});

afterAll(() => app.close());

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  headers: Record<string, string> = {},
  payload?: string,
) {
  const response = await fetch(origin + url, {
    method,
    headers,
    ...(payload === undefined ? {} : { body: payload }),
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.json(),
  };
}

const json = { 'content-type': 'application/json' };

describe('a request', () => {
  it.each(['/things', '/things/', '/things/?x=1'])('is answered at %s', async (url) => {
    const { status, body } = await call('GET', url, { authorization: `Bearer ${TOKEN}` });
    expect([status, body]).toEqual([200, ['acme']]);
  });

  it.each([undefined, 'Basic abc', 'Bearer', 'Bearer a b', 'Bearer unknown', 'Bearer ünknown'])(
    'with the credentials %p gets 401',
    async (authorization) => {
      const answer = await call('GET', '/things/', authorization === undefined ? {} : { authorization });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(answer.body).toEqual({ detail: expect.any(String) });
    },
  );

  it('to a handler that names no scope is refused', async () => {
    expect((await call('GET', '/things/unscoped/', { authorization: `Bearer ${TOKEN}` })).status).toBe(403);
  });

  it('by another method gets 405 and learns which there are', async () => {
    const { status, headers, body } = await call('DELETE', '/things/');
    expect([status, headers['allow'], body]).toEqual([
      405,
      'GET, HEAD, POST',
      { detail: 'Method "DELETE" not allowed.' },
    ]);
  });

  it.each([
    ['another path', '/nothing/', json, '{}', 404],
    ['malformed JSON', '/things/', json, '{', 400],
    ['another media type', '/things/', { 'content-type': 'text/xml' }, '<a/>', 415],
    ['too large a body', '/things/', json, JSON.stringify('x'.repeat(1_000)), 413],
    ['a malformed path', '/things/%zz/', json, '{}', 404],
  ])('with %s is refused with a detail', async (_what, url, headers, payload, status) => {
    const answer = await call('POST', url, headers, payload);
    expect([answer.status, answer.body]).toEqual([status, { detail: expect.any(String) }]);
  });

  it('with bad fields is told which', async () => {
    expect(await call('POST', '/things/', json, '"bad"')).toMatchObject({
      status: 400,
      body: { name: ['Bad.'] },
    });
  });

  it('that meets an outage may try again later', async () => {
    expect(await call('POST', '/things/', json, '"away"')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { detail: expect.any(String) as string },
    });
  });

  it('that fails for a reason of ours learns nothing of it', async () => {
    expect(await call('POST', '/things/', json, '"broken"')).toMatchObject({
      status: 500,
      body: { detail: 'A server error occurred.' },
    });
  });
});

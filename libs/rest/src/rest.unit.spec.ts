import 'reflect-metadata';

import { gzipSync } from 'node:zlib';

import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiTokenState } from '@skillora/contracts';
import { createLogger, createService } from '@skillora/operability';
import { hashOf } from './testing/token-hash.js';

import { BearerGuard, Caller, RequireScope, TOKEN_DIRECTORY, type TokenDirectory } from './bearer.js';
import { prepareRest } from './prepare-rest.js';
import { InvalidFields } from './problems.js';
import { RequestLimits } from './request-limits.js';

const TOKEN = 'a-token';
const EXPIRED = 'an-expired-token';
const BUSY = 'a-busy-token';
const EAGER = 'an-eager-token';

/** How often each token was looked up, by hash. */
const lookups = new Map<string, number>();
/** What every look-up waits for, as for a query. */
let answering: Promise<unknown> = Promise.resolve();

class TestTokens implements TokenDirectory {
  async find(hash: string): Promise<ApiTokenState | null> {
    lookups.set(hash, (lookups.get(hash) ?? 0) + 1);
    await answering;
    if (![TOKEN, EXPIRED, BUSY, EAGER].map(hashOf).includes(hash)) return null;
    const expiresAt = hash === hashOf(EXPIRED) ? '2026-01-01T00:00:00.000Z' : null;
    return { hash, organizationId: 'acme', scopes: ['endpoints:read' as const], expiresAt };
  }
}

/** The tests before those of limits stay below them. */
const limits = { tokenLimitPerSecond: 1, tokenLimitBurst: 20, unknownTokenLimit: 1 };

@Controller('things')
class Things {
  @Get()
  @UseGuards(BearerGuard)
  @RequireScope('endpoints:read')
  list(@Caller() caller: ApiTokenState): string[] {
    return [caller.organizationId];
  }

  @Get('written')
  @UseGuards(BearerGuard)
  @RequireScope('endpoints:write')
  written(): string {
    return 'not with a token that only reads';
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

@Module({
  controllers: [Things],
  providers: [
    BearerGuard,
    { provide: TOKEN_DIRECTORY, useClass: TestTokens },
    { provide: RequestLimits, useFactory: () => new RequestLimits(limits) },
  ],
})
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
    trustedProxies: ['127.0.0.1'],
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
  payload?: string | Uint8Array<ArrayBuffer>,
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

  it.each([undefined, '', 'Basic abc', 'Bearera', 'token', 'Token a-token'])(
    'with the credentials %p gets 401 and learns the scheme',
    async (authorization) => {
      const answer = await call('GET', '/things/', authorization === undefined ? {} : { authorization });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(answer.body).toEqual({ detail: 'Authentication credentials were not provided.' });
    },
  );

  it.each([
    ['Bearer', 'Invalid token header.'],
    ['Bearer a b', 'Invalid token header.'],
    ['Bearer a, Bearer b', 'Invalid token header.'],
    ['Bearer "a-token"', 'Invalid token header.'],
    ['Bearer ünknown', 'Invalid token header.'],
    ['Bearer =', 'Invalid token header.'],
    ['Bearer unknown', 'Invalid token.'],
    [`Bearer ${TOKEN.toUpperCase()}`, 'Invalid token.'],
    [`Bearer ${EXPIRED}`, 'The token has expired.'],
  ])(
    'with the credentials %p gets 401 and learns that the token does not count',
    async (authorization, detail) => {
      const { status, headers, body } = await call('GET', '/things/', { authorization });
      expect([status, headers['www-authenticate'], body]).toEqual([
        401,
        `Bearer error="invalid_token", error_description="${detail}"`,
        { detail },
      ]);
    },
  );

  it.each(['bearer', 'BEARER'])('may write the scheme %s', async (scheme) => {
    expect((await call('GET', '/things/', { authorization: `${scheme}   ${TOKEN}` })).status).toBe(200);
  });

  it('without the scope its handler asks for learns which it is', async () => {
    const { status, headers } = await call('GET', '/things/written/', { authorization: `Bearer ${TOKEN}` });
    expect([status, headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="endpoints:write"',
    ]);
  });

  it('to a handler that names no scope is refused', async () => {
    expect((await call('GET', '/things/unscoped/', { authorization: `Bearer ${TOKEN}` })).status).toBe(403);
  });

  it('by another method gets 405 and learns which there are', async () => {
    const { status, headers, body } = await call('DELETE', '/things/');
    expect([status, headers['allow'], body]).toEqual([
      405,
      'GET, HEAD, OPTIONS, POST',
      { detail: 'Method "DELETE" not allowed.' },
    ]);
  });

  it('may ask which methods there are', async () => {
    const response = await fetch(`${origin}/things/`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([
      204,
      'GET, HEAD, OPTIONS, POST',
      '',
    ]);
    expect((await fetch(`${origin}/nothing/`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it.each([
    ['another path', '/nothing/', json, '{}', 404],
    ['malformed JSON', '/things/', json, '{', 400],
    ['a key that stands twice', '/things/', json, '{"a":1,"a":2}', 400],
    ['another media type', '/things/', { 'content-type': 'text/xml' }, '<a/>', 415],
    ['too large a body', '/things/', json, JSON.stringify('x'.repeat(1_000)), 413],
    ['a malformed path', '/things/%zz/', json, '{}', 404],
  ])('with %s is refused with a detail', async (_what, url, headers, payload, status) => {
    const answer = await call('POST', url, headers, payload);
    expect([answer.status, answer.body]).toEqual([status, { detail: expect.any(String) }]);
  });

  it('that is compressed is read, up to the limit of a body', async () => {
    const compressed = { ...json, 'content-encoding': 'gzip' };
    expect(await call('POST', '/things/', compressed, gzipSync('"bad"'))).toMatchObject({
      status: 400,
      body: { name: ['Bad.'] },
    });
    const large = gzipSync(JSON.stringify('x'.repeat(1_000)));
    expect((await call('POST', '/things/', compressed, large)).status).toBe(413);
    expect(await call('POST', '/things/', compressed, '"bad"')).toMatchObject({
      status: 400,
      body: { detail: 'The request body is not valid gzip.' },
    });
  });

  it('in a content coding that is not known is refused with 415 and the one that is', async () => {
    expect(await call('POST', '/things/', { ...json, 'content-encoding': 'br' }, '"bad"')).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'gzip' },
      body: { detail: expect.stringContaining('"br"') as string },
    });
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

describe('limits', () => {
  const ask = (token: string) => call('GET', '/things/', { authorization: `Bearer ${token}` });

  it('let a token ask so often and then tell it when to come back, whatever others do', async () => {
    const answers = [];
    for (let i = 0; i < 25; i += 1) answers.push(await ask(BUSY));
    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers.at(-1)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { detail: 'Too many requests with this token. Expected available in 1 second.' },
    });
    expect((await ask(TOKEN)).status).toBe(200);
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    expect(metrics).toMatch(/^webhook_http_requests_throttled_total\{limit="token"\} [1-9]/m);
  });

  it('look a token up no oftener than it may ask, however many requests come at once', async () => {
    const began = performance.now();
    expect((await ask(EAGER)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(EAGER)));
    const allowed = 20 + Math.ceil((performance.now() - began) / 1_000);
    expect(lookups.get(hashOf(EAGER))).toBeLessThanOrEqual(allowed);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(200 - allowed);
    expect((await ask(TOKEN)).status).toBe(200);
  });

  it('look no more unknown tokens up than an address may bring, even when all come at once', async () => {
    const COUNT = 200;
    const hashes = Array.from({ length: COUNT }, (_, index) => hashOf(`at-once-${index}`));
    const lookedUp = (): number => hashes.filter((hash) => lookups.has(hash)).length;
    const gate = Promise.withResolvers<undefined>();
    answering = gate.promise;
    const began = performance.now();
    let answered = 0;
    const all = Array.from({ length: COUNT }, (_, index) => {
      const headers = {
        authorization: `Bearer at-once-${index}`,
        'x-forwarded-for': '198.51.100.77',
      };
      return call('GET', '/things/', headers).then(() => (answered += 1));
    });
    // No look-up has an answer until every request was refused or is being looked up.
    while (answered + lookedUp() < COUNT) await new Promise((resolve) => setTimeout(resolve, 5));
    gate.resolve(undefined);
    await Promise.all(all);
    expect(lookedUp()).toBeLessThanOrEqual(20 + Math.ceil((performance.now() - began) / 1_000));
  });

  it('take all of an IPv6 /64 for one client, and another /64 for another', async () => {
    const guess = async (index: number, address: string): Promise<number> => {
      const headers = { authorization: `Bearer v6-guess-${index}`, 'x-forwarded-for': address };
      return (await call('GET', '/things/', headers)).status;
    };
    const statuses = [];
    for (let index = 0; index < 25; index += 1) statuses.push(await guess(index, `2001:db8:1:2::${index}`));
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect(await guess(25, '2001:db8:1:3::1')).toBe(401);
  });

  it('let an address bring so many unknown tokens, and good ones go on', async () => {
    const statuses = [];
    for (let i = 0; i < 25; i += 1) statuses.push((await ask(`guess-${i}`)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect((await ask(TOKEN)).status).toBe(200);
  });

  it('behind a trusted proxy stop the address it names, and neither another one nor who makes addresses up', async () => {
    const guess = async (token: string, forwardedFor: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': forwardedFor };
      return (await call('GET', '/things/', headers)).status;
    };
    const statuses = [];
    for (let i = 0; i < 25; i += 1) {
      statuses.push(await guess(`forwarded-guess-${i}`, `198.51.100.${i}, 203.0.113.1`));
    }
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect(await guess('forwarded-guess-other', '203.0.113.2')).toBe(401);
  });
});

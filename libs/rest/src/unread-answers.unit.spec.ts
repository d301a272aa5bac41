import 'reflect-metadata';

import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, createService } from '@skillora/operability';

import { BearerGuard, RequireScope, TOKEN_DIRECTORY, type TokenDirectory } from './bearer.js';
import { prepareRest } from './prepare-rest.js';
import { RequestLimits } from './request-limits.js';
import { hashOf } from './testing/token-hash.js';
import { UnreadAnswers } from './unread-answers.js';

/** Far more than the buffers of a connection take. */
const LARGE = 32 * 1_048_576;

@Controller('pages')
@UseGuards(BearerGuard)
class Pages {
  @Get()
  @RequireScope('endpoints:read')
  page(): object {
    return { text: 'x'.repeat(LARGE) };
  }
}

/** Each token is of an organisation of its name. */
const tokens: TokenDirectory = {
  find: (hash) => {
    const organizationId = ['acme', 'other'].find((each) => hashOf(each) === hash);
    return Promise.resolve(
      organizationId === undefined
        ? null
        : { hash, organizationId, scopes: ['endpoints:read'], expiresAt: null },
    );
  },
};

@Module({
  controllers: [Pages],
  providers: [
    BearerGuard,
    { provide: TOKEN_DIRECTORY, useValue: tokens },
    {
      provide: RequestLimits,
      useValue: new RequestLimits({ tokenLimitPerSecond: 0, tokenLimitBurst: 1, unknownTokenLimit: 0 }),
    },
  ],
})
class PagesModule {}

let app: NestFastifyApplication;
let port: number;
beforeAll(async () => {
  const logger = createLogger('test');
  app = await createService({
    ...{ name: 'test', module: PagesModule, port: 0, logLevel: 'error', logger, bodyLimitBytes: 1_024 },
    prepare: (service) =>
      void prepareRest(service, { logger, unread: new UnreadAnswers(Math.floor(1.5 * LARGE)) }),
  });
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterAll(() => app.close());

/** An answer whose body nobody reads yet. */
const ask = (token: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get({ port, path: '/pages/', agent: false, headers: { authorization: `Bearer ${token}` } }, resolve).on(
      'error',
      reject,
    );
  });

const dropped = (answer: IncomingMessage): number | undefined => {
  answer.on('error', () => undefined).destroy();
  return answer.statusCode;
};

describe('answers that an organisation asks for and does not read', () => {
  it('are bounded, others get theirs, and room comes back with a client that leaves', async () => {
    const first = await ask('acme');
    expect(first.statusCode).toBe(200);
    const second = await ask('acme');
    expect([second.statusCode, second.headers['retry-after']]).toEqual([429, '5']);
    dropped(second);
    expect(dropped(await ask('other'))).toBe(200);

    dropped(first);
    // The server hears of it a moment later.
    while (dropped(await ask('acme')) !== 200);
  });

  it('leave nothing behind', () => {
    const unread = new UnreadAnswers(10);
    const taken = [unread.add('a', 8), unread.add('a', 2)];
    expect([unread.hasRoom('a', 1), unread.hasRoom('b', 10)]).toEqual([false, true]);
    for (const each of taken) each();
    expect(unread.hasRoom('a', 100)).toBe(true);
  });
});

import 'reflect-metadata';

import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { Controller, Module, Post, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiTokenState } from '@skillora/contracts';
import { createLogger, createService } from '@skillora/operability';

import { BearerGuard, RequireScope, TOKEN_DIRECTORY, type TokenDirectory } from './bearer.js';
import { prepareRest } from './prepare-rest.js';
import { RequestLimits } from './request-limits.js';
import { hashOf } from './testing/token-hash.js';

const [WRITER, READER, BUSY, EXPIRED] = ['a-writer', 'a-reader', 'a-busy-writer', 'an-expired-writer'];
const lookups: string[] = [];

class TestTokens implements TokenDirectory {
  find(hash: string): Promise<ApiTokenState | null> {
    lookups.push(hash);
    const token = [WRITER, READER, BUSY, EXPIRED].find((each) => hashOf(each) === hash);
    const scopes: ApiTokenState['scopes'] = [token === READER ? 'endpoints:read' : 'events:write'];
    const expiresAt = token === EXPIRED ? '2026-01-01T00:00:00.000Z' : null;
    return Promise.resolve(token === undefined ? null : { hash, organizationId: token, scopes, expiresAt });
  }
}

@Controller('things')
@UseGuards(BearerGuard)
class Things {
  @Post()
  @RequireScope('events:write')
  make(): string {
    return 'made';
  }
}

@Module({
  controllers: [Things],
  providers: [
    BearerGuard,
    { provide: TOKEN_DIRECTORY, useClass: TestTokens },
    {
      provide: RequestLimits,
      useValue: new RequestLimits({ tokenLimitPerSecond: 1, tokenLimitBurst: 10, unknownTokenLimit: 50 }),
    },
  ],
})
class ThingsModule {}

let app: NestFastifyApplication;
let port: number;
const opened: Socket[] = [];

beforeAll(async () => {
  const logger = createLogger('rest-test', 'silent');
  app = await createService({
    name: 'rest-test',
    module: ThingsModule,
    port: 0,
    logLevel: 'silent',
    logger,
    bodyLimitBytes: 4_194_304,
    prepare: (created) => void prepareRest(created, { logger }),
  });
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  for (const socket of opened) socket.destroy();
  await app.close();
});

/** Sends the head of a request with a body of 4 MB, and not the body. @returns what is answered. */
function answerToHead(head: string, token?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  opened.push(socket);
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const rest = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n';
  socket.write(`${head} HTTP/1.1\r\n${authorization}${rest}\r\n`);
  let received = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
  });
}

/** Sends a whole request, and resolves with the status of its answer. */
async function statusOf(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await fetch(`http://127.0.0.1:${port}/things/`, { method: 'POST', headers, body: '{}' })).status;
}

describe('a request is refused before its body arrives', () => {
  it.each([
    ['without a token', 'POST /things/', undefined, 401, 'Authentication credentials were not provided.'],
    ['with a malformed token', 'POST /things/', 'a b', 401, 'Invalid token header.'],
    ['with an unknown token', 'POST /things/', 'unknown', 401, 'Invalid token.'],
    ['with an expired token', 'POST /things/', EXPIRED, 401, 'The token has expired.'],
    [
      'without the scope',
      'POST /things/',
      READER,
      403,
      'You do not have permission to perform this action: the token lacks the scope events:write.',
    ],
    ['to a path that does not exist', 'POST /nothing/', WRITER, 404, 'Not found.'],
    ['by a method that does not exist', 'PUT /things/', WRITER, 405, 'Method "PUT" not allowed.'],
  ])('%s', async (_what, head, token, status, detail) => {
    const answer = await answerToHead(head, token);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.split('\r\n\r\n')[1]).toBe(JSON.stringify({ detail }));
  });

  it('beyond the limit of its token', async () => {
    const statuses: number[] = [];
    while (!statuses.includes(429)) statuses.push(await statusOf(BUSY));
    const answer = await answerToHead('POST /things/', BUSY);
    expect(answer).toMatch(/^HTTP\/1.1 429 [^]*\r\nretry-after: 1\r\n/);
    expect(answer).toContain('Too many requests with this token.');
  });
});

it('the neighbour is served while others hold back the bodies of refused requests', async () => {
  const attacks = Array.from({ length: 50 }, (_, index) => answerToHead('POST /things/', `guess-${index}`));
  expect(await statusOf(WRITER)).toBe(201);
  for (const answer of await Promise.all(attacks)) expect(answer).toMatch(/^HTTP\/1.1 401 /);
});

it('a token is looked up once for a request', async () => {
  lookups.splice(0);
  expect(await statusOf(WRITER)).toBe(201);
  expect(lookups).toEqual([hashOf(WRITER)]);
});

import 'reflect-metadata';

import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiTokenState } from '@skillora/contracts';
import { createLogger, createService } from '@skillora/operability';

import { BearerGuard, Caller, RequireScope, TOKEN_DIRECTORY, type TokenDirectory } from '../bearer.js';
import { prepareRest } from '../prepare-rest.js';
import { InvalidFieldsException } from '../problems.js';
import { RequestLimits } from '../request-limits.js';
import { hashOf } from './token-hash.js';

export const TOKEN = 'a-token';
export const EXPIRED = 'an-expired-token';
export const BUSY = 'a-busy-token';
export const EAGER = 'an-eager-token';

/** Knows four tokens, and counts the look-ups. */
class TestTokens implements TokenDirectory {
  /** How often each token was looked up, by hash. */
  readonly lookups = new Map<string, number>();
  /** What every look-up waits for, as for a query. */
  answering: Promise<unknown> = Promise.resolve();

  async find(hash: string): Promise<ApiTokenState | null> {
    this.lookups.set(hash, (this.lookups.get(hash) ?? 0) + 1);
    await this.answering;
    if (![TOKEN, EXPIRED, BUSY, EAGER].map(hashOf).includes(hash)) return null;
    const expiresAt = hash === hashOf(EXPIRED) ? '2026-01-01T00:00:00.000Z' : null;
    return { hash, organizationId: 'acme', scopes: ['endpoints:read' as const], expiresAt };
  }
}

/** Few, so that a test reaches them; other tests stay below them. */
const LIMITS = { tokenLimitPerSecond: 1, tokenLimitBurst: 20, unknownTokenLimit: 1 };

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
    if (request.body === 'bad') throw new InvalidFieldsException({ name: ['Bad.'] });
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
    { provide: RequestLimits, useFactory: () => new RequestLimits(LIMITS) },
  ],
})
class ThingsModule {}

/** A small service with the conventions of the API, behind a trusted proxy. */
export class ThingsService {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly origin: string,
  ) {}

  static async start(): Promise<ThingsService> {
    const logger = createLogger('rest-test', 'silent');
    const app = await createService({
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
    await app.listen(0, '127.0.0.1');
    return new ThingsService(app, await app.getUrl());
  }

  get tokens(): TestTokens {
    return this.app.get(TOKEN_DIRECTORY);
  }

  async call(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    headers: Record<string, string> = {},
    payload?: string | Uint8Array<ArrayBuffer>,
  ) {
    const response = await fetch(this.origin + url, {
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

  async stop(): Promise<void> {
    await this.app.close();
  }
}

import 'reflect-metadata';

import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, createService, type Logger } from '@skillora/operability';

import { prepareRest, type RestOptions } from './prepare-rest.js';

@Controller('things')
class Things {
  @Get()
  list(): string[] {
    return [];
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

let app: NestFastifyApplication;
/** What the log said. */
let said: string[];

afterEach(() => app.close());

async function start(links: RestOptions['links']): Promise<void> {
  said = [];
  const logger = createLogger('test', 'silent');
  const listening = { warn: (message: string) => said.push(message) } as unknown as Logger;
  app = await createService({
    name: 'test',
    module: ThingsModule,
    port: 0,
    logLevel: 'silent',
    logger,
    bodyLimitBytes: 1_000,
    prepare: (created) => {
      prepareRest(created, { logger: listening, ...(links ? { links } : {}) });
    },
  });
  await app.listen(0, '127.0.0.1');
}

async function ask(headers: Record<string, string> = {}): Promise<number> {
  return (await fetch(`${await app.getUrl()}/things/`, { headers })).status;
}

const HTTPS = { 'x-forwarded-proto': 'https' };

describe('a service whose answers hold links', () => {
  it('warns once, at the first request that shows that they are wrong, and serves it', async () => {
    await start({ publicUrl: null, trustedProxies: [] });
    expect(await ask()).toBe(200);
    expect(said).toEqual([]);
    expect([await ask(HTTPS), await ask(HTTPS)]).toEqual([200, 200]);
    expect(said).toEqual([expect.stringContaining('PUBLIC_URL is not set')]);
  });

  it('warns at its start where a proxy is named and no address before it', async () => {
    await start({ publicUrl: null, trustedProxies: ['10.0.0.0/8'] });
    expect(said).toEqual([expect.stringMatching(/^TRUSTED_PROXIES names a proxy.* Set PUBLIC_URL/)]);
  });

  it('has nothing to say where they are right, nor has a service without links', async () => {
    await start({ publicUrl: 'https://api.example.com', trustedProxies: ['10.0.0.0/8'] });
    await ask(HTTPS);
    expect(said).toEqual([]);
    await app.close();
    await start(undefined);
    await ask(HTTPS);
    expect(said).toEqual([]);
  });
});

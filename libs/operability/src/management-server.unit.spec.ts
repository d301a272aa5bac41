import 'reflect-metadata';

import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { HealthAnswers } from './health-answers.js';
import { createLogger } from './logger.js';
import { ManagementServer } from './management-server.js';
import { Readiness } from './readiness.js';
import { createService } from './service.js';

@Module({})
class TestModule {}

const VARIABLE = 'TEST_MANAGEMENT_PORT';
const logger = createLogger('test', 'silent');
let app: NestFastifyApplication;
let management: ManagementServer;
let others: ManagementServer[] = [];
let publicUrl: string;
let managementUrl: string;

const publicServer = (): Server => app.getHttpServer();
const listen = (port: number, given: boolean): Promise<ManagementServer> =>
  ManagementServer.listen(app.get(HealthAnswers), { port, variable: VARIABLE, given }, '127.0.0.1', logger);

beforeEach(async () => {
  app = await createService({
    name: 'test',
    module: TestModule,
    port: 0,
    management: { port: 0, variable: VARIABLE, given: true },
    logLevel: 'silent',
    logger,
    bodyLimitBytes: 1_024,
  });
  await app.listen(0, '127.0.0.1');
  publicUrl = await app.getUrl();
  management = await listen(0, true);
  managementUrl = `http://127.0.0.1:${management.port}`;
});

afterEach(async () => {
  await Promise.all([app, management, ...others].map((each) => each.close()));
  others = [];
});

describe('a service with a management port', () => {
  it('tells metrics there alone, and health on both', async () => {
    expect((await fetch(`${publicUrl}/metrics`)).status).toBe(404);
    const metrics = await fetch(`${managementUrl}/metrics`);
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/plain'),
    ]);
    expect(await metrics.text()).toContain('process_cpu_seconds_total');
    for (const url of [publicUrl, managementUrl]) {
      for (const path of ['/health/live', '/health/live/', '/health/ready']) {
        expect([url, path, (await fetch(url + path)).status]).toEqual([url, path, 200]);
      }
    }
  });

  it('names on both what it waits for, in words of its own', async () => {
    app.get(Readiness).register('database', () => Promise.reject(new Error('password for user "x"')));
    for (const url of [publicUrl, managementUrl]) {
      const answer = await fetch(`${url}/health/ready`);
      expect([answer.status, await answer.json()]).toEqual([
        503,
        {
          status: 'unavailable',
          problems: { database: 'cannot be asked; the log of this instance says why' },
        },
      ]);
    }
  });

  it('costs one look for a thousand who ask within a second, on both ports together', async () => {
    let looks = 0;
    app.get(Readiness).register('database', async () => {
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return null;
    });
    const began = performance.now();
    for (let index = 0; index < 500; index += 1) {
      await Promise.all([publicUrl, managementUrl].map((url) => fetch(`${url}/health/ready`)));
    }
    const seconds = (performance.now() - began) / 1_000;
    expect(looks).toBeLessThanOrEqual(Math.floor(seconds) + 1);
  });

  it('is asked about itself while clients hold every connection of its public port', async () => {
    const server = publicServer();
    server.maxConnections = 1;
    const held = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => server.once('connection', resolve));
    await expect(fetch(`${publicUrl}/health/live`)).rejects.toThrow();
    expect((await fetch(`${managementUrl}/health/live`)).status).toBe(200);
    held.destroy();
  });

  it('answers nothing else there, in the shape of all errors', async () => {
    const answer = await fetch(`${managementUrl}/api/v1/webhook-endpoints/`);
    expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Not found.' }]);
  });
});

describe('a management port that is in use', () => {
  it('gives way to a free one where it is only the usual one, so that another instance can run beside', async () => {
    const other = await listen(management.port, false);
    others.push(other);
    expect(other.port).not.toBe(management.port);
    expect((await fetch(`http://127.0.0.1:${other.port}/health/live`)).status).toBe(200);
  });

  it('is an error where it was set', async () => {
    await expect(listen(management.port, true)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

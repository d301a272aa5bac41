import 'reflect-metadata';

import { type AddressInfo, connect, type Socket } from 'node:net';

import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { waitFor } from '@skillora/testing';
import { Closing, type DrainLimits } from './closing.js';
import { createLogger } from './logger.js';
import { createService } from './service.js';

/** Ends the answer that is waited for. */
let finish: () => void = () => undefined;

@Controller('slow')
class SlowController {
  @Get()
  slow(): Promise<string> {
    return new Promise((resolve) => (finish = () => resolve('done')));
  }
}

@Module({ controllers: [SlowController] })
class TestModule {}

/** Long enough that a test which waited for it would fail. */
const LONG: DrainLimits = { idleGraceMs: 60_000, underWayMs: 60_000 };
const SHORT: DrainLimits = { idleGraceMs: 20, underWayMs: 20 };

const NOW = Promise.resolve();

let app: NestFastifyApplication;
let port: number;
let closing: Closing;
const clients: Client[] = [];

beforeEach(async () => {
  app = await createService({
    name: 'test',
    module: TestModule,
    port: 0,
    logLevel: 'silent',
    logger: createLogger('test', 'silent'),
    bodyLimitBytes: 1_024,
    connections: { keepAliveTimeoutMs: 75_000, shutdownDelayMs: 0 },
  });
  await app.listen(0, '127.0.0.1');
  ({ port } = (app.getHttpServer() as { address: () => AddressInfo }).address());
  closing = app.get(Closing);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await app.close();
});

/** A client that keeps its connection. */
class Client {
  received = '';
  ended = false;
  readonly socket: Socket;

  constructor() {
    clients.push(this);
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => (this.received += chunk.toString()));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.ended = true));
  }

  send(text: string): void {
    this.received = '';
    this.socket.write(text);
  }

  get(path: string): Promise<string> {
    this.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return this.answer();
  }

  async answer(): Promise<string> {
    await waitFor(() => /\r\n\r\n./.test(this.received));
    return this.received;
  }
}

const refusesConnections = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

describe('a service that ends', () => {
  it('serves for its delay as before, not ready, and asks clients to leave', async () => {
    const [kept, other] = [new Client(), new Client()];
    expect(await kept.get('/health/ready')).toMatch(/^HTTP\/1.1 200 [^]*keep-alive/i);
    const told = Promise.withResolvers<undefined>();
    const drained = closing.drain(told.promise, LONG);
    const answer = await kept.get('/health/ready');
    expect(answer).toMatch(/^HTTP\/1.1 503 [^]*connection: close[^]*"process":"it is ending"/i);
    await waitFor(() => kept.ended);
    expect(await other.get('/health/live')).toMatch(/^HTTP\/1.1 200 [^]*connection: close/i);
    expect(await new Client().get('/health/live')).toMatch(/^HTTP\/1.1 200 /);
    told.resolve(undefined);
    await drained;
  });

  it('then takes no connection, and serves those it has until they had one more answer', async () => {
    const [busy, idle] = [new Client(), new Client()];
    await busy.get('/health/live');
    await idle.get('/health/live');
    const drained = closing.drain(NOW, LONG);
    while (!(await refusesConnections())) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const client of [busy, idle]) {
      expect(await client.get('/health/live')).toMatch(/^HTTP\/1.1 200 [^]*connection: close/i);
    }
    await drained;
    expect([busy.ended, idle.ended]).toEqual([true, true]);
  });

  it('closes connections on which nothing comes, used or not, and waits for what is under way', async () => {
    const [idle, unused, slow] = [new Client(), new Client(), new Client()];
    await idle.get('/health/live');
    slow.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const asked = finish;
    await waitFor(() => finish !== asked);
    let drained = false;
    const draining = closing.drain(NOW, { ...LONG, idleGraceMs: 20 }).then(() => (drained = true));
    await waitFor(() => idle.ended && unused.ended);
    expect(drained).toBe(false);
    finish();
    expect(await slow.answer()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*done/i);
    await draining;
  });

  it('ends at once when it has no connection', async () => {
    await closing.drain(NOW, LONG);
  });

  it('at last refuses in the shape of all errors, and says when to ask again', async () => {
    const late = new Client();
    late.send('GET /health/live HTTP/1.1\r\n');
    await waitFor(() => late.socket.bytesWritten > 0 && !late.socket.connecting);
    await closing.drain(NOW, SHORT);
    late.socket.write('Host: x\r\n\r\n');
    const answer = await late.answer();
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({ detail: expect.any(String) as string });
  });

  it('tells answers that have no end of their own to end, before it waits for anything', async () => {
    const client = new Client();
    client.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const asked = finish;
    await waitFor(() => finish !== asked);
    closing.onLastCall(() => finish());
    await closing.drain(NOW, LONG);
    expect(client.received).toContain('done');
  });
});

it('the server keeps an idle connection for as long as it is set to', () => {
  expect((app.getHttpServer() as { keepAliveTimeout: number }).keepAliveTimeout).toBe(75_000);
});

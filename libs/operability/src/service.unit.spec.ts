import 'reflect-metadata';

import { connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

import { Controller, Get, Module, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createLogger } from './logger.js';
import { createService, type ServiceDefinition } from './service.js';

@Controller('address')
class AddressController {
  @Get()
  address(@Req() { ip }: { ip: string }): string {
    return ip;
  }
}

@Module({ controllers: [AddressController] })
class TestModule {}

let app: NestFastifyApplication;
let port: number;
const sockets: Socket[] = [];

async function start(change: Pick<ServiceDefinition, 'corsOrigins' | 'trustedProxies'> = {}): Promise<void> {
  app = await createService({
    name: 'test',
    module: TestModule,
    port: 0,
    logLevel: 'silent',
    logger: createLogger('test', 'silent'),
    bodyLimitBytes: 1_024,
    ...change,
  });
  await app.listen(0, '127.0.0.1');
  port = (server().address() as AddressInfo).port;
}

const server = (): Server => app.getHttpServer();
const url = (path = '/health/live'): string => `http://127.0.0.1:${port}${path}`;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

/** Opens a connection, and tells what came over it until it closed. */
function open(bytes = ''): { socket: Socket; closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.on('error', () => undefined);
  return { socket, closed: new Promise((resolve) => socket.on('close', () => resolve(received))) };
}

const REQUEST = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';

describe('every service', () => {
  it('sends security headers, and none that tells what it runs on', async () => {
    await start();
    for (const path of ['/health/live', '/metrics', '/nowhere']) {
      const { headers } = await fetch(url(path));
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      for (const banner of ['server', 'x-powered-by', 'via']) expect(headers.has(banner)).toBe(false);
    }
  });

  it('answers with the id of the request, its own or a new one', async () => {
    await start();
    for (const path of ['/health/live', '/nowhere']) {
      const named = await fetch(url(path), { headers: { 'x-request-id': 'their-id_7' } });
      expect(named.headers.get('x-request-id')).toBe('their-id_7');
      const bad = await fetch(url(path), { headers: { 'x-request-id': 'a b' } });
      expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('answers 431 to headers beyond 16 KiB', async () => {
    await start();
    const { closed } = open(`GET / HTTP/1.1\r\nHost: x\r\nX-Padding: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await closed).toMatch(
      /^HTTP\/1\.1 431 [^]*\{"detail":"The target or the headers are too large\."\}$/,
    );
  });

  it.each([
    ['has no Host', 400, 'GET /health/live HTTP/1.1\r\n\r\n'],
    ['has no Host, to a path of nobody,', 400, 'GET /nowhere HTTP/1.1\r\n\r\n'],
    [
      'expects what is not known',
      417,
      'POST /health/live HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}',
    ],
  ])('tells a request that %s so, in the shape of all errors, and closes', async (_, status, bytes) => {
    await start();
    const answer = await open(bytes).closed;
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\\{"detail":"[^"]+"\\}$`));
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
  });

  it('needs no Host in HTTP/1.0, as probes of load balancers send it', async () => {
    await start();
    expect(await open('GET /health/live HTTP/1.0\r\n\r\n').closed).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    ['body', 'POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'],
  ])('closes on a client that does not finish its %s in time', async (part, bytes) => {
    await start();
    expect([server().headersTimeout, server().requestTimeout]).toEqual([10_000, 30_000]);
    server().headersTimeout = part === 'headers' ? 50 : 60;
    server().requestTimeout = part === 'headers' ? 10_000 : 60;
    const { closed } = open(bytes);
    expect(await closed).toMatch(/^HTTP\/1\.1 4/);
  });

  it('allows no page of another origin to call it, unless its origin is set', async () => {
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'https://pages.example', 'access-control-request-method': 'POST' },
    };
    await start();
    expect((await fetch(url(), preflight)).headers.get('access-control-allow-origin')).toBeNull();
    await app.close();
    await start({ corsOrigins: ['https://pages.example'] });
    const allowed = await fetch(url(), preflight);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://pages.example');
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
    const other = { ...preflight, headers: { ...preflight.headers, origin: 'https://evil.example' } };
    expect((await fetch(url(), other)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('takes from a trusted proxy, and from nobody else, where a request comes from', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 10.0.0.7' };
    const address = async (): Promise<string> => (await fetch(url('/address'), { headers })).text();
    await start();
    expect(await address()).toBe('127.0.0.1');
    await app.close();
    await start({ trustedProxies: ['127.0.0.0/8', '10.0.0.7'] });
    expect(await address()).toBe('203.0.113.9');
    await app.close();
    await start({ trustedProxies: ['10.0.0.0/8'] });
    expect(await address()).toBe('127.0.0.1');
  });

  it('closes at once on connections beyond its limit, and serves those within', async () => {
    await start();
    expect(server().maxConnections).toBe(10_000);
    server().maxConnections = 2;
    open();
    open();
    while ((await connections()) < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await open(REQUEST).closed).toBe('');
    sockets[0]?.destroy();
    while ((await connections()) > 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await fetch(url(), { headers: { connection: 'close' } })).status).toBe(200);
  });

  it('answers and ends promptly beside 1,000 idle connections, used and unused', async () => {
    await start();
    const idle = Array.from({ length: 1_000 }, (_, index) => open(index % 2 === 0 ? REQUEST : ''));
    while ((await connections()) < 1_000) await new Promise((resolve) => setImmediate(resolve));
    expect((await fetch(url(), { headers: { connection: 'close' } })).status).toBe(200);
    await app.close();
    await Promise.all(idle.map(({ closed }) => closed));
  });
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    server().getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

import 'reflect-metadata';

import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { waitFor } from '@skillora/testing';

import { createLogger } from './logger.js';
import { createService } from './service.js';

const BODY_LIMIT_BYTES = 1_048_576;
/** What the buffers of a connection may hold; the attackers send far more. */
const BUFFERED_BYTES = 262_144;
const ATTACK_BYTES = 64 * 1_048_576;

@Controller('things')
class Things {
  @Get()
  list(): string {
    return 'things';
  }

  @Post()
  make(): string {
    return 'made';
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

let app: NestFastifyApplication;
let port: number;
/** The server's side of every connection. */
const accepted: Socket[] = [];
const opened: Socket[] = [];

beforeAll(async () => {
  app = await createService({
    name: 'test',
    module: ThingsModule,
    port: 0,
    logLevel: 'silent',
    logger: createLogger('test', 'silent'),
    bodyLimitBytes: BODY_LIMIT_BYTES,
    prepare: (created) => {
      const fastify = created.getHttpAdapter().getInstance();
      fastify.addHook('onRequest', async ({ headers }, reply) => {
        if (headers.authorization === undefined) await reply.status(401).send({ detail: 'Who are you?' });
      });
    },
  });
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  server.on('connection', (socket: Socket) => accepted.push(socket));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => app.close());

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
  accepted.splice(0);
});

/** A client that sends the text, and what it has received so far. */
function client(text: string): { socket: Socket; received: () => string; ended: Promise<unknown> } {
  let received = '';
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  opened.push(socket);
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.on('error', () => undefined);
  return { socket, received: () => received, ended: new Promise((resolve) => socket.once('end', resolve)) };
}

const START = 'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const KNOWN = 'Authorization: me\r\n';

describe('a body that nobody reads', () => {
  it.each([
    ['of a refused request', `${START}Content-Length: ${ATTACK_BYTES}\r\n\r\n`, 401],
    ['of a refused request, in chunks', `${START}Transfer-Encoding: chunked\r\n\r\n4000000\r\n`, 401],
    ['that is too large', `${START}${KNOWN}Content-Length: ${ATTACK_BYTES}\r\n\r\n`, 413],
    [
      'of a request that needs none',
      `GET /things HTTP/1.1\r\nHost: x\r\n${KNOWN}Content-Length: ${ATTACK_BYTES}\r\n\r\n`,
      200,
    ],
  ])('%s stays unread, and the answer arrives', async (_what, head, status) => {
    const { socket, received, ended } = client(head);
    socket.write(Buffer.alloc(ATTACK_BYTES, 'x'));
    await ended;
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\nconnection: close\r\n`, 'i'));
    const [other] = accepted;
    await waitFor(() => other!.destroyed);
    expect(other!.bytesRead).toBeLessThan(BUFFERED_BYTES);
  });

  it('is read no further than the limit when its size was not given', async () => {
    const { socket, received, ended } = client(
      `${START}${KNOWN}Transfer-Encoding: chunked\r\n\r\n4000000\r\n`,
    );
    socket.write(Buffer.alloc(ATTACK_BYTES, 'x'));
    await ended;
    expect(received()).toMatch(/^HTTP\/1.1 413 /);
    const [other] = accepted;
    await waitFor(() => other!.destroyed);
    expect(other!.bytesRead).toBeLessThan(BODY_LIMIT_BYTES + BUFFERED_BYTES);
  });

  it('holds up nobody else', async () => {
    const attackers = Array.from({ length: 50 }, () =>
      client(`${START}Content-Length: ${ATTACK_BYTES}\r\n\r\n`),
    );
    for (const { socket } of attackers) socket.write(Buffer.alloc(1_048_576, 'x'));
    const answer = await fetch(`http://127.0.0.1:${port}/things`, { headers: { authorization: 'me' } });
    expect(await answer.text()).toBe('things');
    await Promise.all(attackers.map(({ ended }) => ended));
    for (const { received } of attackers) expect(received()).toMatch(/^HTTP\/1.1 401 /);
  });

  it('that is small leaves the connection as it is', async () => {
    const { socket, received } = client(`${START}Content-Length: 5\r\n\r\n`);
    await waitFor(() => received().includes('Who are you?'));
    socket.write('"abc"');
    socket.write(`GET /things HTTP/1.1\r\nHost: x\r\n${KNOWN}\r\n`);
    await waitFor(() => received().includes('\r\n\r\nthings'));
    expect(received()).not.toMatch(/connection: close/i);
  });
});

describe('a client that asks before it sends its body (Expect: 100-continue)', () => {
  it('sends it when it is wanted', async () => {
    const { socket, received } = client(`${START}${KNOWN}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    await waitFor(() => received() === 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('"abc"');
    await waitFor(() => received().endsWith('made'));
    expect(received()).toMatch(/\r\n\r\nHTTP\/1.1 201 /);
  });

  it.each([
    ['is refused', `${START}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`, 401],
    [
      'has too large a body',
      `${START}${KNOWN}Expect: 100-continue\r\nContent-Length: ${ATTACK_BYTES}\r\n\r\n`,
      413,
    ],
  ])('learns instead that its request %s', async (_what, head, status) => {
    const { received } = client(head);
    await waitFor(() => received().includes('\r\n\r\n'));
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

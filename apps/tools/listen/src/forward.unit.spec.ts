import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { forward } from './forward.js';

const NEVER = new AbortController().signal;
let server: Server | null = null;

async function answering(answer: RequestListener): Promise<URL> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}/hook?of=mine`);
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

describe('what is forwarded', () => {
  it('arrives with its headers and bytes, and the status comes back', async () => {
    let arrived: { url: string | undefined; headers: IncomingHttpHeaders; body: string } | null = null;
    const target = await answering((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece)));
      request.on('end', () => {
        arrived = { url: request.url, headers: request.headers, body };
        response.writeHead(418).end('a teapot');
      });
    });
    const outcome = await forward(target, { 'X-Webhook-Id': 'd' }, Buffer.from('{"ä":1}'), NEVER);
    expect(outcome).toMatchObject({ kind: 'answered', status: 418 });
    expect(arrived).toMatchObject({
      url: '/hook?of=mine',
      headers: { 'x-webhook-id': 'd', 'content-length': '8' },
      body: '{"ä":1}',
    });
  });

  it('follows no redirect, and needs no end of the answer', async () => {
    const target = await answering((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.write('more comes never');
    });
    expect(await forward(target, {}, Buffer.from('{}'), NEVER)).toMatchObject({
      kind: 'answered',
      status: 302,
    });
  });

  it('to a server that is not there, or does not answer, fails with the reason', async () => {
    const target = await answering(() => undefined);
    expect(await forward(target, {}, Buffer.from('{}'), NEVER, 50)).toMatchObject({
      kind: 'failed',
      reason: 'no answer within 0.05 s',
    });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    expect(await forward(target, {}, Buffer.from('{}'), NEVER)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

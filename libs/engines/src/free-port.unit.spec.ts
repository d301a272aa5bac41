import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';

import { freePort } from './free-port.js';

const run = promisify(execFile);

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

describe('free ports', () => {
  it('can be listened on, are all different, and none is of those that outgoing connections are given', async () => {
    // Of so many that were picked at random, some would be the same.
    const ports = await Promise.all(Array.from({ length: 500 }, () => freePort()));
    expect(new Set(ports).size).toBe(ports.length);
    for (const port of ports) expect(port).toBeLessThan(32_768);
    const servers = await Promise.all(ports.slice(0, 20).map(listenOn));
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it('are claimed, so that another process does not get them while their caller prepares to listen', async () => {
    const port = await freePort();
    const claims = `require('node:dgram').createSocket('udp4')
      .on('error', (error) => process.stdout.write(error.code))
      .bind({ port: ${port}, address: '127.0.0.1', exclusive: true }, () => process.exit());`;
    expect((await run(process.execPath, ['-e', claims])).stdout).toBe('EADDRINUSE');
  });
});

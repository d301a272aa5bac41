import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dockerAnswers, dockerTarget } from './docker.js';

describe('where Docker is looked for', () => {
  it.each([
    [undefined, { socketPath: '/var/run/docker.sock' }],
    ['unix:///run/user/1000/docker.sock', { socketPath: '/run/user/1000/docker.sock' }],
    ['tcp://10.0.0.5:2375', { host: '10.0.0.5', port: 2375 }],
    ['tcp://10.0.0.5', { host: '10.0.0.5', port: 2375 }],
    ['ssh://somewhere', null],
    ['npipe:////./pipe/docker_engine', null],
  ])('with DOCKER_HOST %p is %p', (host, target) => {
    expect(dockerTarget(host)).toEqual(target);
  });
});

describe('Docker', () => {
  it('answers when its daemon does, and not when its socket is a dead one or its server says otherwise', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skillora-docker-'));
    const socket = join(folder, 'docker.sock');
    const env = { DOCKER_HOST: `unix://${socket}` };
    let status = 200;
    const daemon = createServer((_, response) => {
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => daemon.listen(socket, resolve));

    expect(await dockerAnswers(env)).toBe(true);
    status = 503;
    expect(await dockerAnswers(env)).toBe(false);
    await new Promise((resolve) => daemon.close(resolve));
    expect(await dockerAnswers(env)).toBe(false);
    await rm(folder, { recursive: true });
  });
});

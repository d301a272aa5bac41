import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { LocalStack } from './local-stack.js';
import { portProblems } from './ports.js';
import { type LocalStackSettings, portsToListenOn, readLocalStackSettings } from './settings.js';
import { Terminal } from './terminal.js';

/**
 * Stands for a service: ready at once, ends when asked over HTTP, and drains for 100 ms on SIGTERM. With
 * BREAK set to its name it fails as a service with a bad setting does.
 */
const FAKE_SERVICE = `
  import { createServer } from 'node:http';
  const [name, variable] = NAME_AND_PORT;
  const say = (level, msg) => console.log(JSON.stringify({ level, msg }));
  if (process.env.BREAK === name) {
    say(60, 'bad settings: RETRY_DELAYS must be a duration');
    process.exit(1);
  }
  createServer((request, response) => {
    if (request.url === '/die') process.exit(7);
    if (request.url === '/env') return response.end(JSON.stringify(process.env));
    if (request.url === '/pid') return response.end(String(process.pid));
    response.end('{"status":"ok","problems":{}}');
  }).listen(Number(process.env[variable]), () => say(30, 'listening'));
  process.on('SIGTERM', () => setTimeout(() => { say(30, 'drained'); process.exit(0); }, 100));
`;

const VARIABLES = {
  'endpoint-registry': 'API_PORT',
  'event-ingest': 'INGEST_PORT',
  dispatcher: 'DISPATCHER_PORT',
};

describe('the local stack', () => {
  let root: string;
  let settings: LocalStackSettings;
  let said: string[];
  let terminal: Terminal;
  let stack: LocalStack;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'skillora-stack-'));
    for (const [name, variable] of Object.entries(VARIABLES)) {
      const folder = join(root, 'apps', name, 'dist');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(root, 'apps', name, 'package.json'), '{"type":"module"}');
      writeFileSync(
        join(folder, 'main.js'),
        FAKE_SERVICE.replace('NAME_AND_PORT', JSON.stringify([name, variable])),
      );
    }
    env = {
      PATH: process.env['PATH'],
      API_PORT: String(await freePort()),
      INGEST_PORT: String(await freePort()),
      DISPATCHER_PORT: String(await freePort()),
      KAFKA_BROKERS: 'kafka.example:9092',
      DATABASE_URL: 'postgres://database.example/x',
      DATA_DIR: join(root, 'data'),
      EMPTY: '',
    };
    settings = readLocalStackSettings(env, []);
    said = [];
    const output = new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        said.push(chunk.toString().trimEnd());
        callback();
      },
    });
    terminal = new Terminal(output as NodeJS.WriteStream, {});
    newStack();
  });

  afterEach(async () => {
    await stack.stop();
    rmSync(root, { recursive: true });
  });

  function newStack(): void {
    const identity = { secretsKey: 'key', organizationId: 'organisation', apiToken: 'sk_token' };
    stack = new LocalStack({ settings, identity, terminal, root, env });
  }

  const ask = async (path: string, port = settings.ingestPort): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).text();

  it('starts the three services with what they need, and ends them drained', async () => {
    await stack.start();
    for (const name of Object.keys(VARIABLES)) {
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`^✓ ${name} on port \\d+ `)));
    }
    expect(JSON.parse(await ask('/env'))).toMatchObject({
      KAFKA_BROKERS: 'kafka.example:9092',
      DATABASE_URL: 'postgres://database.example/x',
      SECRETS_KEY: 'key',
      BOOTSTRAP_ORGANIZATION_ID: 'organisation',
      BOOTSTRAP_API_TOKEN: 'sk_token',
      ALLOW_HTTP_TARGETS: 'true',
      ALLOWED_TARGET_CIDRS: '127.0.0.0/8,::1/128',
      INGEST_PORT: String(settings.ingestPort),
      LISTEN_ADDRESS: '127.0.0.1',
    });
    const written = join(settings.dataDir, 'environment.json');
    expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual({
      KAFKA_BROKERS: 'kafka.example:9092',
      DATABASE_URL: 'postgres://database.example/x',
      SECRETS_KEY: 'key',
      BOOTSTRAP_ORGANIZATION_ID: 'organisation',
      BOOTSTRAP_API_TOKEN: 'sk_token',
      API_PORT: String(settings.apiPort),
      INGEST_PORT: String(settings.ingestPort),
      DISPATCHER_PORT: String(settings.dispatcherPort),
    });
    expect(statSync(written).mode & 0o077).toBe(0);

    await stack.stop();

    expect(await portProblems(portsToListenOn(settings))).toEqual([]);
    const log = readFileSync(join(settings.dataDir, 'logs', 'dispatcher.log'), 'utf8');
    expect(log).toContain('"drained"');
    expect(said.join('\n')).not.toContain('listening');
  });

  it('leaves what the user has set as it is, also where it is empty', async () => {
    const set = { ALLOW_HTTP_TARGETS: 'false', ALLOWED_TARGET_CIDRS: '' };
    Object.assign(env, set);
    await stack.start();
    expect(JSON.parse(await ask('/env'))).toMatchObject({ ...set, EMPTY: '' });
  });

  it('starts a service again when it dies, and says so', async () => {
    await stack.start();
    await ask('/die').catch(() => undefined);
    await waitFor(() => said.some((line) => line.includes('event-ingest runs again')));
    expect(said).toContain('! event-ingest ended with exit code 7; starting it again in 500 ms');
    expect(Number(await ask('/pid'))).toBeGreaterThan(0);
  });

  it('fails when a service cannot start, with its last words, which are also shown as they come', async () => {
    env['BREAK'] = 'dispatcher';
    await expect(stack.start()).rejects.toThrow(
      /^dispatcher ended with exit code 1.*\n.*bad settings: RETRY_DELAYS/,
    );
    expect(said).toContain('✗ dispatcher: bad settings: RETRY_DELAYS must be a duration');
    await stack.stop();
    expect(await portProblems(portsToListenOn(settings))).toEqual([]);
  });

  it('ends while it is being started', async () => {
    const start = stack.start().catch((error: unknown) => String(error));
    await sleep(0);
    await stack.stop();
    await start;
    expect(await portProblems(portsToListenOn(settings))).toEqual([]);
  });

  it('ends what an earlier stack left behind, and leaves alone what is another’s', async () => {
    await stack.start();
    const left = stack;
    newStack();

    await stack.endOrphans();

    expect(said).toContainEqual(expect.stringMatching(/^! ended dispatcher of an earlier run \(pid \d+\)/));
    await left.stop();
    expect(await portProblems(portsToListenOn(settings))).toEqual([]);
    said.length = 0;
    await stack.endOrphans();
    expect(said).toEqual([]);
  });
});

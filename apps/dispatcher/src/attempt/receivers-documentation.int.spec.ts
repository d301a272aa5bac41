import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort, PythonPackages } from '@skillora/engines';
import { transform } from '@swc/core';

import { attemptSignedWith, SECRETS } from './testing/attempt.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/receivers.md`, 'utf8');
/** Fetching packages takes as long as the package index does. */
const LIMIT_MS = 600_000;
const LARGEST_BODY = 262_144;

/** Starts a receiver from its code; null where the machine lacks what it needs, which was said then. */
type Start = (code: string, env: NodeJS.ProcessEnv) => Promise<ChildProcess | null>;

const inNode: Start = (code, env) =>
  Promise.resolve(spawn(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT, env }));

const inNodeFromTypeScript: Start = async (code, env) => {
  const compiled = await transform(code, {
    module: { type: 'es6' },
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  });
  return inNode(compiled.code, env);
};

const inPython =
  (...packages: string[]): Start =>
  async (code, env) =>
    (await PythonPackages.install(...packages))?.start(code, env) ?? null;

/** How the blocks of docs/receivers.md that are marked as tested are started, by their names. */
const STARTS: Readonly<Record<string, Start>> = {
  express: inNode,
  fastify: inNode,
  nest: inNodeFromTypeScript,
  flask: inPython('flask==3.1.3'),
  fastapi: inPython('fastapi==0.165.0', 'uvicorn==0.54.0'),
  django: inPython('django==5.2.19'),
};

const blocks = new Map(
  [...PAGE.matchAll(/<!-- test: ([\w-]+) -->\n\n```\w+\n([^]*?)```/g)].map(([, name = '', code = '']) => [
    name,
    code,
  ]),
);

let receiver: ChildProcess | null = null;

afterEach(async () => {
  if (!receiver || receiver.exitCode !== null) return;
  receiver.kill('SIGKILL');
  await once(receiver, 'exit');
});

/** Sends a body as the dispatcher does, signed; waits for a server that is only starting. */
async function post(url: string, secret: string, body: string): Promise<number> {
  for (;;) {
    try {
      const { headers } = attemptSignedWith({ current: secret, former: [] }, new Date(), body);
      const response = await fetch(url, { method: 'POST', headers, body });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      if (receiver?.exitCode !== null) throw error;
      await delay(100);
    }
  }
}

/** A body of an event, of as many bytes as asked for. */
function bodyOf(bytes: number): string {
  const body = (filling: string): string =>
    JSON.stringify({ event: 'interview.completed', timestamp: '2026-03-04T03:06:07Z', data: { filling } });
  return body('x'.repeat(bytes - body('').length));
}

describe('the page for receivers', () => {
  it('has the code that is tested here, and no other that says so', () => {
    expect([...blocks.keys()]).toEqual(Object.keys(STARTS));
    expect(PAGE.match(/^_Tested_/gm)).toHaveLength(blocks.size);
  });

  it.each(Object.entries(STARTS))(
    'has code that takes the largest body and refuses a wrong signature: %s',
    async (name, start) => {
      const port = await freePort();
      const env = {
        ...process.env,
        PORT: String(port),
        SKILLORA_WEBHOOK_SECRET: SECRETS.custom,
      };
      receiver = await start(blocks.get(name) ?? '', env);
      if (!receiver) return;
      const printed: string[] = [];
      receiver.stdout?.on('data', (text) => printed.push(String(text)));
      receiver.stderr?.on('data', (text) => printed.push(String(text)));
      const url = `http://127.0.0.1:${port}/webhooks/skillora`;
      const genuine = await post(url, SECRETS.custom, bodyOf(LARGEST_BODY));
      const forged = await post(url, SECRETS.generated, bodyOf(200));
      // What it printed says why it answers otherwise.
      expect({ genuine, forged, printed: genuine === 200 ? '' : printed.join('') }).toEqual({
        genuine: 200,
        forged: 401,
        printed: '',
      });
    },
    LIMIT_MS,
  );
});

import 'reflect-metadata';

import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { canonicalEventSchema } from '@skillora/contracts';
import { PythonPackages } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/producers.md`, 'utf8');
const BROKERS = process.env['TEST_KAFKA_BROKERS'] ?? '';
/** Fetching packages takes as long as the package index does. */
const LIMIT_MS = 600_000;

type Run = (code: string, env: NodeJS.ProcessEnv) => Promise<unknown>;

const inNode: Run = (code, env) =>
  run(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });

const inPython =
  (packageName: string): Run =>
  async (code, env) => {
    const python = await PythonPackages.install(packageName);
    return python === null ? SKIPPED : python.run(code, env);
  };

const inShell: Run = (code, env) => {
  if (spawnSync('curl', ['--version']).status !== 0) {
    process.stderr.write('the test of curl is skipped: curl is needed\n');
    return Promise.resolve(SKIPPED);
  }
  return run('bash', ['-euo', 'pipefail', '-c', code], { env: { ...process.env, ...env } });
};

/** What a run resolves with where the machine lacks what it needs. */
const SKIPPED = Symbol('skipped');

/** How the blocks of docs/producers.md that are marked as tested are run, by their names. */
const RUNS: Readonly<Record<string, Run>> = {
  'javascript-http': inNode,
  'javascript-kafka': inNode,
  'python-2': inPython('cloudevents==2.2.0'),
  'python-1': inPython('cloudevents==1.13.0'),
  curl: inShell,
  kafkajs: inNode,
};

/** The blocks of code that are marked, by the names in their marks. */
const blocks = new Map(
  [...PAGE.matchAll(/<!-- test: ([\w-]+) -->\n\n```\w+\n([^]*?)```/g)].map(([, name = '', code = '']) => [
    name,
    code,
  ]),
);

let ingest: RunningIngest;

beforeAll(async () => {
  ingest = await RunningIngest.start(BROKERS);
});

afterAll(() => ingest.stop());

describe('the page for producers', () => {
  it('has the code that is tested here, and no other that says so', () => {
    expect([...blocks.keys()]).toEqual(Object.keys(RUNS));
    expect(PAGE.match(/_Tested\._/g)).toHaveLength(blocks.size);
  });

  it.each(Object.entries(RUNS))(
    'has code that sends an event as it stands: %s',
    async (name, runBlock) => {
      const organization = randomUUID();
      const env = {
        INTAKE_URL: ingest.url,
        TOKEN: await ingest.token(organization),
        KAFKA_BROKERS: BROKERS,
        ORGANIZATION: organization,
      };
      if ((await runBlock(blocks.get(name) ?? '', env)) === SKIPPED) return;
      const event = await waitFor(
        () =>
          ingest.events
            .map(({ value }) => canonicalEventSchema.decode(value))
            .find(({ organizationId }) => organizationId === organization),
        `the event of ${name}`,
      );
      expect(event).toMatchObject({ source: '/services/interviews', eventType: 'interview_completed' });
    },
    LIMIT_MS,
  );
});

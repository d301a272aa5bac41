import 'reflect-metadata';

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SCOPES, topicDefinitions, Topics } from '@skillora/contracts';
import { createDatabaseOn, freePort } from '@skillora/engines';
import { createKafka, ensureTopics, TopicTable } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { apiTokenStateSchema, type ApiTokenState } from '@skillora/contracts';
import { hashToken } from '@skillora/signing';
import { DataSource } from 'typeorm';

const dist = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));
const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const logger = createLogger('admin-spec', 'silent');

let databaseUrl: string;
let dataSource: DataSource;
/** What event-ingest would know. */
const known = new Map<string, ApiTokenState | null>();
let table: TopicTable<ApiTokenState>;

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  dataSource = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'admin-spec', logger });
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
  table = new TopicTable({
    kafka,
    topic: Topics.apiTokens,
    schema: apiTokenStateSchema,
    logger,
    apply: ({ key, state }) => known.set(key, state),
  });
  await table.start();
});

afterAll(async () => {
  await table.stop();
  await dataSource.destroy();
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built program to its end, or ends it once `until` appears in its output. */
function run(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  { until, input = '' }: { readonly until?: string; readonly input?: string } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, ['--no-warnings', dist(file), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    cwd: tmpdir(),
  });
  // A program that does not read its input may have ended before it was written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (until !== undefined && stdout.includes(until)) child.kill('SIGTERM');
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() })),
  );
}

const admin = (...args: string[]): Promise<Outcome> =>
  run('admin.js', args, { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers });

async function newToken(): Promise<{ id: string; token: string; organization_id: string }> {
  const organization = (await admin('organizations', 'create', '--name', 'Acme')).stdout;
  const { stdout } = await admin(
    ...['tokens', 'create', '--organization', organization, '--name', 'CI', '--scopes', 'all', '--json'],
  );
  return JSON.parse(stdout) as { id: string; token: string; organization_id: string };
}

describe('the admin commands', () => {
  it('need no running endpoint-registry, on an empty database', async () => {
    const organization = await admin('organizations', 'create', '--name', 'Acme');
    expect([organization.code, organization.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    const made = await admin(
      ...[
        'tokens',
        'create',
        '--organization',
        organization.stdout,
        '--name',
        'CI',
        '--scopes',
        'events:write',
      ],
    );
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^sk_[\w-]{43}$/)]);
    await table.caughtUp();
    expect(known.get(hashToken(made.stdout))).toMatchObject({
      organizationId: organization.stdout,
      scopes: ['events:write'],
      expiresAt: null,
    });
  });

  it('make schema and topics before any service starts, by as many jobs as there are', async () => {
    const env = {
      DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
      KAFKA_BROKERS: brokers,
    };
    const jobs = await Promise.all([1, 2].map(() => run('admin.js', ['migrate'], env)));
    for (const job of jobs) {
      expect([job.code, job.stdout]).toEqual([0, expect.stringMatching(/^[A-Z]\w+\d{13}$/)]);
      expect(job.stderr).toMatch(/^the newest migration is \w+, and all \d+ topics exist$/);
    }
  });

  it('have a revocation in the log when they end, and repeat it when asked to', async () => {
    const { id, token } = await newToken();
    const revoked = await admin('tokens', 'revoke', id);
    expect([revoked.code, revoked.stdout]).toEqual([0, id]);
    await table.caughtUp();
    expect(known.get(hashToken(token))).toBeNull();
    const again = await admin('tokens', 'revoke', id);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('already')]);
  });

  it('decide how many endpoints an organisation can have, and leave it to MAX_ENDPOINTS again', async () => {
    const id = (await admin('organizations', 'create', '--name', 'Acme')).stdout;
    const limitOf = async (): Promise<unknown> => {
      const { stdout } = await admin('organizations', 'list', '--json');
      const rows = JSON.parse(stdout) as { id: string; max_endpoints: number | null }[];
      return rows.find((row) => row.id === id)?.max_endpoints;
    };
    expect(await limitOf()).toBeNull();
    const limited = await admin('organizations', 'limit', id, '--max-endpoints', '500');
    expect([limited.code, limited.stdout, limited.stderr]).toEqual([
      0,
      id,
      'organisation Acme can have 500 endpoints',
    ]);
    expect(await limitOf()).toBe(500);
    expect((await admin('organizations', 'list')).stdout).toMatch(/MAX ENDPOINTS\n(.*\n)*.* 500$/m);
    expect((await admin('organizations', 'limit', id, '--max-endpoints', 'default')).code).toBe(0);
    expect(await limitOf()).toBeNull();
  });

  it('store no more of a token than its hash', async () => {
    const { token } = await newToken();
    const rows = JSON.stringify(await dataSource.query('SELECT * FROM api_tokens'));
    expect(rows).toContain(hashToken(token));
    expect(rows).not.toContain(token);
  });

  const organization = '123e4567-e89b-12d3-a456-426614174000';
  const create = (...more: string[]): string[] => ['tokens', 'create', '--name', 'x', ...more];
  it.each([
    [2, ['tokens', 'create', '--name', 'x'], "required option '--organization <uuid>' not specified"],
    [
      2,
      create('--organization', 'acme'),
      "'--organization <uuid>' argument 'acme' is invalid. It must be a UUID.",
    ],
    [2, create('--organization', organization, '--scopes', 'x'), "'--scopes <list>' argument 'x' is invalid"],
    [
      2,
      create(
        '--organization',
        organization,
        '--scopes',
        'all',
        '--expires-in',
        '1h',
        '--expires-at',
        '2999-01-01',
      ),
      "'--expires-in <duration>' cannot be used with option '--expires-at <time>'",
    ],
    [
      1,
      create('--organization', organization, '--scopes', 'all'),
      "'--organization': there is no organisation",
    ],
    [1, ['tokens', 'revoke', 'sk_unknown'], "argument 'id': there is no such token"],
    [2, ['organizations', 'create', '--name', ' '], 'It must have 1 to 200 characters'],
    [
      1,
      ['organizations', 'limit', organization, '--max-endpoints', '5'],
      "argument 'id': there is no such organisation",
    ],
    [
      2,
      ['organizations', 'limit', organization, '--max-endpoints', '100001'],
      'It must be a whole number from 0 to 100000, or default',
    ],
    [2, ['teams'], "unknown command 'teams'"],
  ])('end with %i and one line for %j', async (code, args, line) => {
    const outcome = await admin(...args);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    expect(outcome.stderr).toContain(line);
    expect(outcome.stderr.split('\n')).toHaveLength(1);
  });

  it('explain themselves', async () => {
    const { code, stdout } = await admin('tokens', 'create', '--help');
    expect([code, stdout]).toEqual([0, expect.stringContaining('--scopes <list>')]);
  });

  it('read a token to be revoked from standard input, where no list of processes shows it', async () => {
    const [kept, found] = [await newToken(), await newToken()];
    const env = { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers };
    const outcome = await run('admin.js', ['tokens', 'revoke', '-'], env, { input: `${found.token}\n` });
    expect([outcome.code, outcome.stdout]).toEqual([0, found.id]);
    await table.caughtUp();
    expect(known.get(hashToken(found.token))).toBeNull();
    expect(known.get(hashToken(kept.token))).not.toBeNull();
  });

  it.each([
    ['nothing', '\n', 'standard input holds no token'],
    ['an unknown token', 'sk_unknown', 'there is no such token'],
    ['too much', 'x'.repeat(100_000), 'standard input holds too much'],
  ])('revoke nothing where standard input holds %s', async (_what, input, problem) => {
    const env = { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers };
    const { code, stdout, stderr } = await run('admin.js', ['tokens', 'revoke', '-'], env, { input });
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(problem)]);
    expect(stderr).not.toContain('sk_unknown');
  });

  it('say what to do when there is no database', async () => {
    const nowhere = `postgres://u:a-password@127.0.0.1:${await freePort()}/x`;
    const { code, stderr } = await run('admin.js', ['tokens', 'list'], { DATABASE_URL: nowhere });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: PostgreSQL at .* or set DATA_DIR or DATABASE_URL to another one$/),
    ]);
    expect(stderr).not.toContain('a-password');
  });

  it('store what Kafka cannot be told yet, and say so', async () => {
    const { id, token } = await newToken();
    const env = { DATABASE_URL: databaseUrl, KAFKA_BROKERS: `127.0.0.1:${await freePort()}` };
    const outcome = await run('admin.js', ['tokens', 'revoke', id], env);
    expect([outcome.code, outcome.stdout]).toEqual([3, id]);
    expect(outcome.stderr).toContain('event-ingest does not know of it yet');
    // Whoever moves the outbox next moves this too.
    await newToken();
    await table.caughtUp();
    expect(known.get(hashToken(token))).toBeNull();
  });

  it('find the local stack by its data folder, unless another installation is named', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'skillora-admin-'));
    writeFileSync(
      join(dataDir, 'environment.json'),
      JSON.stringify({ DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers }),
    );
    const list = ['organizations', 'list'];
    try {
      const found = await run('admin.js', list, { DATA_DIR: dataDir });
      expect([found.code, found.stdout]).toEqual([0, expect.stringContaining('Acme')]);
      const other = { DATA_DIR: dataDir, DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/x` };
      expect((await run('admin.js', list, other)).code).toBe(1);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('the first token', () => {
  const settings = {
    KAFKA_BROKERS: brokers,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    BOOTSTRAP_ORGANIZATION_ID: '123e4567-e89b-12d3-a456-426614174111',
  };

  it.each([
    [
      'that is short',
      { ...settings, BOOTSTRAP_API_TOKEN: 'x'.repeat(31) },
      'must have at least 32 characters',
    ],
    [
      'of no organisation',
      { ...settings, BOOTSTRAP_ORGANIZATION_ID: '', BOOTSTRAP_API_TOKEN: 'x'.repeat(32) },
      'needs',
    ],
  ])('%s ends the service with one line, which does not tell it', async (_what, env, rule) => {
    const { code, stdout, stderr } = await run('main.js', [], { ...env, DATABASE_URL: databaseUrl });
    expect(code).toBe(1);
    const lines = (stdout + stderr).split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ msg: expect.stringContaining(rule) });
    expect(lines[0]).toContain('BOOTSTRAP_API_TOKEN');
    expect(lines[0]).not.toContain('xxxx');
  });

  /** The service from its start with a first token until it listens. */
  const startWith = async (token: string): Promise<Outcome> =>
    run(
      'main.js',
      [],
      {
        ...settings,
        DATABASE_URL: databaseUrl,
        BOOTSTRAP_API_TOKEN: token,
        API_PORT: String(await freePort()),
      },
      { until: '"msg":"listening"' },
    );

  it('has every scope, new ones too, and once revoked does not come back with a restart', async () => {
    const token = `first_${'x'.repeat(40)}`;
    const start = (): Promise<Outcome> => startWith(token);
    const scopesOf = async (): Promise<unknown> => {
      await table.caughtUp();
      return known.get(hashToken(token))?.scopes;
    };
    expect((await start()).code).toBe(0);
    expect(await scopesOf()).toEqual(SCOPES);
    await dataSource.query("UPDATE api_tokens SET scopes = '{events:write}' WHERE hash = $1", [
      hashToken(token),
    ]);
    await start();
    expect(await scopesOf()).toEqual(SCOPES);

    expect((await admin('tokens', 'revoke', token)).code).toBe(0);
    const restarted = await start();
    expect(restarted.stdout).toContain('was revoked and stays revoked');
    await table.caughtUp();
    expect(known.get(hashToken(token))).toBeNull();
    expect(
      await dataSource.query('SELECT 1 FROM api_tokens WHERE hash = $1 AND revoked_at IS NULL', [
        hashToken(token),
      ]),
    ).toEqual([]);
  });

  it('that belongs to another organisation keeps its scopes, revoked or not, and the log says what to do', async () => {
    const organization = (await admin('organizations', 'create', '--name', 'Other')).stdout;
    const create = ['tokens', 'create', '--organization', organization, '--name', 'reader'];
    const { stdout: token } = await admin(...create, '--scopes', 'deliveries:read');
    const start = (): Promise<Outcome> => startWith(token);
    const { stdout } = await start();
    expect(stdout).toContain('BOOTSTRAP_API_TOKEN belongs to another organisation');
    expect(stdout).not.toContain(token);
    await table.caughtUp();
    expect(known.get(hashToken(token))).toMatchObject({
      organizationId: organization,
      scopes: ['deliveries:read'],
    });
    expect(
      await dataSource.query('SELECT organization_id, scopes FROM api_tokens WHERE hash = $1', [
        hashToken(token),
      ]),
    ).toEqual([{ organization_id: organization, scopes: ['deliveries:read'] }]);

    await admin('tokens', 'revoke', token);
    await start();
    await table.caughtUp();
    expect(known.get(hashToken(token))).toBeNull();
  });
});

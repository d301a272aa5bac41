import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  freePort,
  type RunningBroker,
  type RunningDatabase,
  startEmbeddedBroker,
  startEmbeddedDatabase,
} from '@skillora/engines';
import {
  ENGINE_AUTHORITY,
  ENGINE_CERTIFICATE,
  ENGINE_KEY,
} from '@skillora/engines/testing/engine-certificate';
import { RunningStack } from '@skillora/running-stack';

import { Customer } from './testing/customer.js';
import { Receiver } from './testing/receiver.js';

const ADMIN = fileURLToPath(new URL('../../endpoint-registry/dist/admin.js', import.meta.url));
const TLS = { certificate: ENGINE_CERTIFICATE, key: ENGINE_KEY };
const USER = { username: 'webhooks', password: 'a-password-of-the-test' };

let folder: string;
let broker: RunningBroker | undefined;
let database: RunningDatabase | undefined;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skillora-secured-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  await chmod(folder, 0o711);
  const securedPort = await freePort();
  broker = await startEmbeddedBroker({
    dataDir: join(folder, 'kafka'),
    port: await freePort(),
    secured: { port: securedPort, ...TLS, users: [USER] },
  });
  database = await startEmbeddedDatabase({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    durable: false,
    tls: TLS,
  });
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, ENGINE_AUTHORITY);
  settings = {
    KAFKA_BROKERS: `127.0.0.1:${securedPort}`,
    SECRETS_KEY: Buffer.alloc(32, 1).toString('base64'),
    KAFKA_SSL_CA: authority,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: USER.username,
    KAFKA_SASL_PASSWORD: USER.password,
    DATABASE_URL: `${database.url}?sslmode=verify-full`,
    DATABASE_CA: authority,
  };
});

afterAll(async () => {
  await Promise.all([broker?.stop(), database?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

describe('with TLS and passwords before Kafka and PostgreSQL', () => {
  it('the whole system works: an endpoint is registered and a webhook delivered', async () => {
    const stack = await RunningStack.start(settings);
    const receiver = await Receiver.start();
    try {
      const customer = new Customer(stack.address);
      const { id } = await customer.register(receiver.url);
      const { status } = await customer.call('POST', `/api/v1/webhook-endpoints/${id}/test/`);
      expect(status).toBe(200);
      expect(receiver.arrivals).toHaveLength(1);
    } finally {
      await receiver.stop();
      await stack.stop();
    }
  });

  it.each([
    [
      'an authority that did not issue the certificate of the brokers',
      { KAFKA_SSL_CA: '', KAFKA_SSL: 'true' },
      'Kafka at',
    ],
    ['another password', { KAFKA_SASL_PASSWORD: 'another' }, 'Kafka at'],
    ['an authority that did not issue the certificate of the database', { DATABASE_CA: '' }, 'PostgreSQL at'],
    ['a name that the certificate of the database is not for', { host: 'localhost' }, 'PostgreSQL at'],
  ])(
    'nobody gets in with %s',
    async (_what, { host = '127.0.0.1', ...change }: Record<string, string>, problem) => {
      const env = { ...settings, ...change };
      env['DATABASE_URL'] = env['DATABASE_URL']!.replace('@127.0.0.1', `@${host}`);
      const outcome = await new Promise<{ code: number; stderr: string }>((resolve) =>
        execFile(
          process.execPath,
          ['--no-warnings', ADMIN, 'secrets', 'rotate'],
          {
            cwd: tmpdir(),
            env: { PATH: process.env['PATH'], ...env },
          },
          (error, _stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stderr }),
        ),
      );
      expect(outcome.code).not.toBe(0);
      expect(outcome.stderr).toContain(problem);
      expect(outcome.stderr).not.toContain(USER.password);
    },
  );
});

import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { RunningStack } from '@skillora/running-stack';

import { Customer } from './testing/customer.js';
import { Receiver } from './testing/receiver.js';
import { SecuredEngines } from './testing/secured-engines.js';

const ADMIN = fileURLToPath(new URL('../../../endpoint-registry/dist/admin.js', import.meta.url));
const USER = { username: 'webhooks', password: 'a-password-of-the-test' };

let engines: SecuredEngines | undefined;
let settings: Record<string, string>;

beforeAll(async () => {
  engines = await SecuredEngines.start({ users: [USER], databaseTls: true });
  settings = {
    ...engines.kafkaSettings,
    SECRETS_KEY: Buffer.alloc(32, 1).toString('base64'),
    KAFKA_SASL_USERNAME: USER.username,
    KAFKA_SASL_PASSWORD: USER.password,
    DATABASE_URL: `${engines.database.url}?sslmode=verify-full`,
    DATABASE_CA: engines.authority,
  };
});

afterAll(() => engines?.stop());

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

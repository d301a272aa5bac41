import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ExtraService, type StackAddress } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import kafkajs from 'kafkajs';

import { Customer } from './testing/customer.js';
import { grantAcls } from './testing/documented-acls.js';
import { interviewCompleted } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';
import { SecuredEngines } from './testing/secured-engines.js';

const run = promisify(execFile);
const ADMIN = fileURLToPath(new URL('../../../endpoint-registry/dist/admin.js', import.meta.url));
const OPERATIONS = fileURLToPath(new URL('../../../../docs/operations.md', import.meta.url));
const SERVICES = ['event-ingest', 'dispatcher', 'endpoint-registry'] as const;
const passwordOf = (user: string): string => `password-of-${user}`;

let engines: SecuredEngines | undefined;
let folder: string;
let settings: Record<string, string>;
let kafka: kafkajs.Kafka;
const services: ExtraService[] = [];

beforeAll(async () => {
  engines = await SecuredEngines.start({
    users: [...SERVICES, 'migrate'].map((username) => ({ username, password: passwordOf(username) })),
    authorises: true,
  });
  ({ folder } = engines);
  settings = {
    ...engines.kafkaSettings,
    DATABASE_URL: engines.database.url,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    TOPIC_PARTITIONS: '2',
    TOPIC_REPLICATION_FACTOR: '1',
    RETRY_DELAYS: '200ms,400ms',
    ALLOW_HTTP_TARGETS: 'true',
    ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
    BOOTSTRAP_ORGANIZATION_ID: randomUUID(),
    BOOTSTRAP_API_TOKEN: randomBytes(32).toString('hex'),
  };
  // By the plain door, where everything is allowed.
  kafka = new kafkajs.Kafka({ brokers: engines.broker.brokers, logLevel: kafkajs.logLevel.NOTHING });
  await grantAcls(kafka, await readFile(OPERATIONS, 'utf8'));
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.end('SIGTERM')));
  await engines?.stop();
});

const as = (user: string): Record<string, string> => ({
  ...settings,
  KAFKA_SASL_USERNAME: user,
  KAFKA_SASL_PASSWORD: passwordOf(user),
});

async function publish(topic: string, value: string): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ value }] });
  await producer.disconnect();
}

async function recordsIn(topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}

describe('with the ACLs that the documentation lists, and no others', () => {
  it('topics are made, and an event reaches its receiver, by retries, by hand, and in the audit', async () => {
    await run(process.execPath, ['--no-warnings', ADMIN, 'migrate'], {
      env: { PATH: process.env['PATH'], ...as('migrate') },
    });
    await writeFile(join(folder, 'environment.json'), '{}');
    // Side by side: endpoint-registry is not ready before what it needs is there.
    const [ingest, , registry] = await Promise.all(
      SERVICES.map(async (name) => {
        const service = await ExtraService.start(name, folder, as(name));
        // At once: where another does not start, this one is to be ended all the same.
        services.push(service);
        return service;
      }),
    ).then((started) => started as [ExtraService, ExtraService, ExtraService]);
    const url = ({ port }: ExtraService): string => `http://127.0.0.1:${port}`;
    const address = {
      api: url(registry),
      ingest: url(ingest),
      organizationId: settings['BOOTSTRAP_ORGANIZATION_ID'] ?? '',
      token: settings['BOOTSTRAP_API_TOKEN'] ?? '',
    } as StackAddress;
    const customer = new Customer(address);
    const receiver = await Receiver.start();
    try {
      const { id } = await customer.register(receiver.url);
      const test = await customer.call('POST', `/api/v1/webhook-endpoints/${id}/test/`);
      expect([test.status, receiver.arrivals.length]).toEqual([200, 1]);

      receiver.always({ status: 500 });
      const { status } = await fetch(`${address.ingest}/api/v1/interview-completions/`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${address.token}`,
          'content-type': 'application/cloudevents+json',
        },
        body: JSON.stringify(interviewCompleted()),
      });
      expect(status).toBe(202);
      const failed = await waitFor(
        async () => (await customer.deliveries({ endpoint_id: id, status: 'failed' }))[0],
        'the end of the schedule',
      );
      receiver.always({ status: 200 });
      const retry = await customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`);
      expect(retry.status).toBe(202);
      await waitFor(
        async () =>
          (await customer.deliveries({ endpoint_id: id })).some(
            (each) => each.id === failed.id && each.status === 'success',
          ),
        'the delivery that was asked for',
      );

      await publish('interview-completions', 'no event at all');
      await waitFor(
        async () => (await recordsIn('interview-completions.dead-letter')) === 1,
        'its dead letter',
      );
      await publish('webhook.deliveries', 'no delivery at all');
      await waitFor(async () => (await recordsIn('webhook.dead-letter')) >= 1, 'its dead letter');
    } finally {
      await receiver.stop();
    }
  });
});

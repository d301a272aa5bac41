import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import kafkajs, { type Admin } from 'kafkajs';
import { register } from 'prom-client';

import { RunningIngest } from '../testing/running-ingest.js';
import { cloudEvent } from '../testing/samples.js';

const { ConfigResourceTypes } = kafkajs;

let ingest: RunningIngest;
let admin: Admin;

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
  admin = ingest.kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await configureEvents({});
  await admin.disconnect();
  await ingest.stop();
});

async function configureEvents(change: Record<string, string>): Promise<void> {
  const { config } = topicDefinitions(3).find(({ name }) => name === Topics.events)!;
  const configEntries = Object.entries({ ...config, ...change }).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: Topics.events, configEntries }],
  });
}

async function pushedBack(): Promise<Record<string, number>> {
  const found = (await register.getSingleMetric('webhook_intake_pushed_back_total')?.get())?.values ?? [];
  return Object.fromEntries(found.map(({ labels, value }) => [String(labels['cause']), value]));
}

it('an event that Kafka answers with an error is 503 that does not speak of time, and is counted as refused', async () => {
  const organization = randomUUID();
  const token = await ingest.token(organization);
  const event = JSON.stringify(cloudEvent({ id: randomUUID(), organizationid: organization }));
  // Kafka then answers MESSAGE_TOO_LARGE, once the broker has heard of it.
  await configureEvents({ 'max.message.bytes': '100' });

  const response = await waitFor(async () => {
    const answer = await ingest.post(event, token);
    return answer.status !== 202 && answer;
  }, 'a refusal');

  expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
    503,
    '5',
    { detail: 'The event could not be stored. Send it again.' },
  ]);
  expect(await pushedBack()).toEqual({ kafka_refused: 1 });

  await configureEvents({});
  await waitFor(async () => (await ingest.post(event, token)).status === 202, 'that it is taken again');
});

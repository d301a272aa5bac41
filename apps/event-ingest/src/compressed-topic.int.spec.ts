import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, topicDefinitions, Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import kafkajs, { type Admin } from 'kafkajs';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent } from './testing/samples.js';

const { CompressionTypes, ConfigResourceTypes } = kafkajs;

let ingest: RunningIngest;
let admin: Admin;
const organization = randomUUID();

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
  admin = ingest.kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await storeAs('uncompressed');
  await admin.disconnect();
  await ingest.stop();
});

/** As an operator who made the topic beforehand has it. */
async function storeAs(compression: string): Promise<void> {
  const made = topicDefinitions(3).find(({ name }) => name === Topics.interviewCompletions);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: Topics.interviewCompletions,
        // What is not named would be set back.
        configEntries: Object.entries({ ...made?.config, 'compression.type': compression }).map(
          ([name, value]) => ({ name, value }),
        ),
      },
    ],
  });
}

async function publishAndAccept(): Promise<void> {
  const id = randomUUID();
  await ingest.publish(JSON.stringify(cloudEvent({ id, organizationid: organization })), {}, organization);
  await waitFor(
    () => ingest.events.find(({ value }) => canonicalEventSchema.decode(value).sourceId === id),
    `event ${id}`,
  );
}

describe('a public topic that was made beforehand', () => {
  it.each(['lz4', 'snappy', 'zstd', 'gzip'])('and stores records as %s is read', async (compression) => {
    await storeAs(compression);

    await publishAndAccept();
  });

  it('may hold a batch that nobody can decompress: it is a dead letter, and what is behind is read', async () => {
    await storeAs('producer');
    const producer = ingest.kafka.producer();
    await producer.connect();
    try {
      const messages = [{ value: Buffer.alloc(70_000_000) }];
      await producer.send({
        topic: Topics.interviewCompletions,
        messages,
        compression: CompressionTypes.GZIP,
      });
    } finally {
      await producer.disconnect();
    }
    await publishAndAccept();

    const letter = await waitFor(
      () => ingest.deadLetters.find(({ headers }) => headers['dead-letter-reason'] === 'unreadable'),
      'the dead letter',
    );
    expect(letter.headers['dead-letter-detail']).toBe(
      'The record batch that ends here cannot be read: the gzip data holds more than 67108864 bytes, the most that is read of a batch.',
    );
  });
});

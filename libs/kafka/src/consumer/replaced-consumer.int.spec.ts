import { randomUUID } from 'node:crypto';

import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';

import { BatchTransport } from './batch-transport.js';
import { createKafka } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { RecordProducer } from '../producer/record-producer.js';

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const logger = createLogger('kafka-test', 'silent');
const PARTITIONS = 6;

/** A client that counts the consumers it makes, and can say of each that it has ended for good. */
function watched(kafka: Kafka): { kafka: Kafka; made: Consumer[]; end: (consumer: number) => void } {
  const made: Consumer[] = [];
  const ends: (() => void)[] = [];
  const client = Object.create(kafka, {
    consumer: {
      value: (config: ConsumerConfig) => {
        const created = kafka.consumer(config);
        const on = created.on.bind(created) as (name: string, listener: (event: unknown) => void) => unknown;
        created.on = ((name: string, listener: (event: unknown) => void) => {
          const payload = { error: new Error('ended by the test'), restart: false, groupId: config.groupId };
          if (name === created.events.CRASH) ends.push(() => listener({ payload }));
          return on(name, listener);
        }) as Consumer['on'];
        made.push(created);
        return created;
      },
    },
  }) as Kafka;
  return { kafka: client, made, end: (consumer) => ends[consumer]?.() };
}

const kafka = createKafka({ brokers, clientId: 'kafka-test', logger });

async function freshTopic(): Promise<string> {
  const name = `test-${randomUUID()}`;
  await ensureTopics(kafka, [{ name, partitions: 'spread', config: {} }], {
    partitions: PARTITIONS,
    replicationFactor: 1,
  });
  return name;
}

/** A transport that notes the values it reads. */
function transportOf(topic: string, groupId: string, client: Kafka, seen: Set<string>): BatchTransport {
  const transport = new BatchTransport({
    id: Symbol(topic),
    kafka: client,
    groupId,
    logger,
    completion: 'batch',
  });
  transport.addHandler(
    topic,
    ({ records }: { records: { value: Buffer | null }[] }) => {
      for (const { value } of records) seen.add(String(value));
      return Promise.resolve();
    },
    true,
  );
  return transport;
}

function listen(transport: BatchTransport): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    transport.listen((error) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('the transport did not listen'));
    });
  });
}

it('a consumer that is replaced while it joins keeps no partition, and is replaced by one', async () => {
  const client = watched(kafka);
  const [topic, groupId] = [await freshTopic(), randomUUID()];
  const seen = new Set<string>();
  const transport = transportOf(topic, groupId, client.kafka, seen);
  const producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  const admin = kafka.admin();
  await admin.connect();
  try {
    await listen(transport);
    // It has only begun to join. kafkajs cannot stop a consumer then: it joins all the same.
    client.end(0);
    client.end(0);
    await waitFor(() => client.made.length > 1 && transport.ready);
    const wanted = Array.from({ length: 20 * PARTITIONS }, (_, index) => `record ${index}`);
    await producer.send(wanted.map((value) => ({ topic, key: value, value: Buffer.from(value) })));
    await waitFor(() => seen.size === wanted.length);
    await waitFor(async () => (await admin.describeGroups([groupId])).groups[0]?.members.length === 1);
    expect(client.made).toHaveLength(2);
  } finally {
    await transport.close();
    await producer.disconnect();
    await admin.disconnect();
  }
});

it('a consumer that ended is not replaced any more once its transport closes', async () => {
  const client = watched(kafka);
  const transport = transportOf(await freshTopic(), randomUUID(), client.kafka, new Set());
  await listen(transport);
  await waitFor(() => transport.ready);
  const [first] = client.made;
  const disconnected = new Promise((resolve) => first?.on(first.events.DISCONNECT, resolve));
  client.end(0);
  // Another one is started after a pause.
  await disconnected;
  const { length } = client.made;
  await transport.close();
  await expect(waitFor(() => client.made.length > length, 'another consumer', 2_000)).rejects.toThrow(
    'did not happen',
  );
});

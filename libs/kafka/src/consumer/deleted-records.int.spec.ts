import { randomUUID } from 'node:crypto';

import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import type { Admin, Consumer, Kafka } from 'kafkajs';
import { register } from 'prom-client';

import type { RecordBatch } from './batch-handler.js';
import { BatchTransport } from './batch-transport.js';
import { createKafka } from '../client/client.js';
import type { UnreadGap } from './deleted-records.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { RecordProducer } from '../producer/record-producer.js';
import { TopicTable } from '../table/topic-table.js';

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const logger = createLogger('deleted-records-test', 'silent');

let kafka: Kafka;
let admin: Admin;
let producer: RecordProducer;
let topic: string;
let group: string;
let gaps: UnreadGap[];
let closing: (() => Promise<unknown>)[];

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'deleted-records-test', logger });
  admin = kafka.admin();
  await admin.connect();
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
});

afterAll(async () => {
  await producer.disconnect();
  await admin.disconnect();
});

beforeEach(async () => {
  topic = `test-${randomUUID()}`;
  group = `group-${randomUUID()}`;
  gaps = [];
  closing = [];
  await ensureTopics(kafka, [{ name: topic, partitions: 'single', config: {} }], {
    partitions: 1,
    replicationFactor: 1,
  });
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const write = (...values: string[]): Promise<void> =>
  producer.send(values.map((value) => ({ topic, key: value, value: Buffer.from(value) })));

async function deleteBefore(offset: number): Promise<void> {
  // kafkajs asks only the leaders that it has heard of.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
}

/** A consumer of the group. @returns what closes it. */
async function consume(handler: (batch: RecordBatch) => Promise<void>): Promise<() => Promise<void>> {
  const transport = new BatchTransport({
    id: Symbol(topic),
    kafka,
    groupId: group,
    logger,
    completion: 'batch',
    onGap: (gap) => Promise.resolve(void gaps.push(gap)),
  });
  transport.addHandler(topic, handler, true);
  await new Promise<void>((resolve, reject) => {
    transport.listen((error) =>
      error === undefined ? resolve() : reject(new Error('the transport does not listen', { cause: error })),
    );
  });
  const close = (): Promise<void> => transport.close();
  closing.push(close);
  return close;
}

const noteIn =
  (seen: string[]) =>
  (batch: RecordBatch): Promise<void> =>
    Promise.resolve(void seen.push(...batch.records.map(({ value }) => String(value))));

async function counted(name: string): Promise<number> {
  const metric = await register.getSingleMetric('webhook_kafka_deleted_unread_total')?.get();
  return metric?.values.find(({ labels }) => labels['group'] === name)?.value ?? 0;
}

describe('records deleted before a group had read them', () => {
  it('while it stood still, are named and counted, and it goes on with what is left', async () => {
    const seen: string[] = [];
    await write('0', '1');
    const close = await consume(noteIn(seen));
    await waitFor(() => seen.length === 2);
    await close();
    await write('2', '3', '4', '5');
    await deleteBefore(5);

    await consume(noteIn(seen));
    await waitFor(() => seen.length === 3);

    expect(seen).toEqual(['0', '1', '5']);
    expect(gaps).toEqual([{ topic, partition: 0, from: 2n, to: 5n }]);
    expect(await counted(group)).toBe(3);
  });

  it('while it worked on earlier ones, are named too', async () => {
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await write('0');
    await consume(async (batch) => {
      await noteIn(seen)(batch);
      await released;
    });
    await waitFor(() => seen.length === 1);
    await write('1', '2');
    await deleteBefore(3);
    await write('3');
    release();

    await waitFor(() => seen.length === 2);

    expect(seen).toEqual(['0', '3']);
    expect(gaps).toEqual([{ topic, partition: 0, from: 1n, to: 3n }]);
  });

  it('are none of its own where it has never read', async () => {
    const seen: string[] = [];
    await write('0', '1', '2');
    await deleteBefore(2);

    await consume(noteIn(seen));
    await waitFor(() => seen.length === 1);

    expect(seen).toEqual(['2']);
    expect(gaps).toEqual([]);
  });

  it('are counted for a table that follows its topic', async () => {
    const seen: string[] = [];
    const table = new TopicTable({
      kafka,
      topic,
      schema: { name: 'text', version: 1, encode: (text: string) => Buffer.from(text), decode: String },
      logger,
      apply: ({ key }) => void seen.push(key),
    });
    await write('0', '1');
    await table.start();
    closing.push(() => table.stop());
    expect(seen).toEqual(['0', '1']);
    const { consumer } = table as unknown as { consumer: { current: Consumer } };
    const { current } = consumer;
    current.pause([{ topic }]);
    // A fetch that had begun before would still bring records.
    await new Promise((resolve) => current.on(current.events.FETCH_START, resolve));
    await write('2', '3');
    await deleteBefore(4);
    await write('4');
    current.resume([{ topic }]);

    await waitFor(() => seen.includes('4'));

    expect(await counted(`table-${topic}`)).toBe(2);
  });
});

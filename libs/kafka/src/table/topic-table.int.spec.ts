import { jest } from '@jest/globals';
import { waitFor } from '@skillora/testing';
import type { ConsumerConfig, Kafka } from 'kafkajs';

import { BrokerTest, textRecord } from '../testing/broker-test.js';
import { TopicTable } from './topic-table.js';

const test = new BrokerTest();

afterEach(() => test.close());
afterEach(() => void jest.restoreAllMocks());

const textSchema = { name: 'text', version: 1, encode: (text: string) => Buffer.from(text), decode: String };

/** A table that keeps nothing of what it reads. */
function emptyHandedTable(name: string, client: Kafka = test.kafka): TopicTable<string> {
  return new TopicTable({
    kafka: client,
    topic: name,
    schema: textSchema,
    logger: test.logger,
    apply: () => undefined,
  });
}

describe('a topic table', () => {
  it('has everything that was acknowledged before it is asked to catch up', async () => {
    const name = await test.topic({}, 2);
    const sender = await test.producer();
    await sender.send([textRecord(name, '1', 'a'), textRecord(name, '1', 'b')]);
    const rows = new Map<string, string | null>();
    const table = new TopicTable({
      kafka: test.kafka,
      topic: name,
      schema: textSchema,
      logger: test.logger,
      apply: ({ key, state }) => rows.set(key, state),
    });
    await table.start();
    test.closeAfter(() => table.stop());
    expect(Object.fromEntries(rows)).toEqual({ a: '1', b: '1' });
    for (let i = 2; i < 12; i += 1) {
      await sender.send([textRecord(name, String(i), 'a'), { topic: name, key: 'b', value: null }]);
      await Promise.all([table.caughtUp(), table.caughtUp()]);
      expect(Object.fromEntries(rows)).toEqual({ a: String(i), b: null });
    }
  });

  it('lets the broker hold its fetches for seconds once it rests, and has the next record all the same', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    /** How long the fetches took, ms. */
    const fetches: number[] = [];
    const watched = Object.create(test.kafka, {
      consumer: {
        value: (config: ConsumerConfig) => {
          const created = test.kafka.consumer(config);
          created.on(created.events.REQUEST, ({ payload }) => {
            if (payload.apiName === 'Fetch') fetches.push(payload.duration);
          });
          return created;
        },
      },
    }) as Kafka;
    const rows = new Map<string, string | null>();
    const table = new TopicTable({
      kafka: watched,
      topic: name,
      schema: textSchema,
      logger: test.logger,
      apply: ({ key, state }) => rows.set(key, state),
    });
    await table.start();
    test.closeAfter(() => table.stop());
    const { now } = Date;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 31_000);
    // The fetch in which the clock leaps seems to have taken longer.
    await waitFor(() => fetches.some((ms) => ms >= 2_000 && ms < 30_000), 'a fetch that the broker held');
    await sender.send([textRecord(name, '1', 'a')]);
    await table.caughtUp();
    expect(Object.fromEntries(rows)).toEqual({ a: '1' });
  });

  it('asks for the end alone each time it catches up, not for the beginning too', async () => {
    const asked: string[] = [];
    const watched = Object.create(test.kafka, {
      admin: {
        value: () => {
          const created = test.kafka.admin();
          created.on(created.events.REQUEST, ({ payload }) => asked.push(payload.apiName));
          return created;
        },
      },
    }) as Kafka;
    const table = emptyHandedTable(await test.topic(), watched);
    await table.start();
    test.closeAfter(() => table.stop());
    asked.splice(0);
    const began = Date.now();
    for (let i = 0; i < 10; i += 1) await table.caughtUp();
    // A slow machine asks again for places after two seconds, and for beginnings after ten.
    const again = (Date.now() - began) / 1_000;
    expect(asked.filter((name) => name === 'ListOffsets' || name === 'Metadata').length).toBeLessThan(
      14 + again,
    );
  });

  it('does not wait for an end before which everything has been deleted', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    await sender.send([textRecord(name, '1', 'a')]);
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    await admin.fetchTopicOffsets(name);
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '1' }] });
    const table = emptyHandedTable(name);
    await table.start();
    test.closeAfter(() => table.stop());
    await table.caughtUp();
    expect(table.ready).toBe(true);
  });

  it('is ready at once over an empty topic', async () => {
    const table = emptyHandedTable(await test.topic());
    await table.start();
    test.closeAfter(() => table.stop());
    expect(table.ready).toBe(true);
  });
});

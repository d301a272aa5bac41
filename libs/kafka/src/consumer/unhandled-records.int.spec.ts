import type { Consumer } from 'kafkajs';

import { waitFor } from '@skillora/testing';
import type { RecordBatch } from './batch-handler.js';
import { BrokerTest, metric, textRecord, textsOf } from '../testing/broker-test.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('a batch that cannot be handled', () => {
  it('loses the record that is to blame to where it is put aside, and what is behind it goes on', async () => {
    const topic = await test.topic();
    const all = Array.from({ length: 40 }, (_, index) => `v${index}`);
    const producer = await test.producer();
    await producer.send(all.map((value) => textRecord(topic, value)));
    const handled: string[] = [];
    const aside: unknown[] = [];
    await test.transport(
      topic,
      (batch) => {
        if (textsOf(batch).includes('v17')) return Promise.reject(new TypeError('x is undefined'));
        handled.push(...textsOf(batch));
        return Promise.resolve();
      },
      {
        unhandled: {
          putAside: ({ value, offset }, place, error) => {
            aside.push({ value: String(value), offset, ...place, error: String(error) });
            return Promise.resolve();
          },
        },
      },
    );
    await waitFor(() => handled.includes('v39'));
    expect(handled).toEqual(all.filter((value) => value !== 'v17'));
    expect(aside).toEqual([
      { value: 'v17', offset: 17n, topic, partition: 0, error: 'TypeError: x is undefined' },
    ]);
    expect(await metric('webhook_kafka_records_unhandled_total', { group: topic })).toBe(1);
  });

  it('is tried again, nothing put aside, where putting aside fails or the surroundings are to blame', async () => {
    const topic = await test.topic();
    const producer = await test.producer();
    await producer.send([textRecord(topic, 'a')]);
    let [tries, puts] = [0, 0];
    let error: Error = new Error('the database is away');
    let heals = false;
    await test.transport(
      topic,
      () => {
        tries += 1;
        return heals ? Promise.resolve() : Promise.reject(error);
      },
      {
        unhandled: {
          putAside: () => {
            puts += 1;
            heals = true;
            return Promise.reject(new Error('the brokers are away'));
          },
        },
      },
    );
    await waitFor(() => tries > 7);
    expect(puts).toBe(0);
    error = new RangeError('too long');
    await waitFor(async () => (await metric('webhook_consumer_lag_seconds', { group: topic })) === 0);
    expect(puts).toBe(1);
    expect(await metric('webhook_kafka_records_unhandled_total', { group: topic })).toBe(0);
  });

  it('is told by the lag, by how long it stands still, and by the problem of its consumer', async () => {
    const topic = await test.topic();
    const producer = await test.producer();
    await producer.send([textRecord(topic, 'a')]);
    let broken = true;
    let tries = 0;
    const transport = await test.transport(
      topic,
      () => {
        tries += 1;
        return broken ? Promise.reject(new Error('the database is away')) : Promise.resolve();
      },
      { stuckAfterMs: 3_000 },
    );
    const lag = (): Promise<number | null> => metric('webhook_consumer_lag_seconds', { group: topic, topic });
    const stuck = (): Promise<number | null> =>
      metric('webhook_kafka_partition_stuck_seconds', { group: topic, topic });
    await waitFor(() => tries > 0);
    // While it rests its records are given back; they are as old as ever.
    await waitFor(async () => ((await lag()) ?? 0) > 1);
    await waitFor(() => transport.problem !== null);
    expect(transport.problem).toMatch(
      new RegExp(`^partition 0 of ${topic} has come no further for \\d+ s; the log says why$`),
    );
    expect(await stuck()).toBeGreaterThanOrEqual(3);
    broken = false;
    await waitFor(() => transport.problem === null);
    await waitFor(async () => (await lag()) === 0 && (await stuck()) === 0);
  });
});

describe('what comes of a record', () => {
  it('is replaced when Kafka refuses it for good, and what is behind goes on', async () => {
    const [topic, letters] = [await test.topic(), await test.topic()];
    const producer = await test.producer();
    await producer.send(['a', 'poison', 'c'].map((value) => textRecord(topic, value)));
    await test.transport(
      topic,
      (batch) => {
        for (const { offset, value } of batch.records) {
          const outcome = String(value) === 'poison' ? 'x'.repeat(2_000_000) : `of ${String(value)}`;
          batch.ack(offset, [textRecord(letters, outcome)]);
        }
        return Promise.resolve();
      },
      {
        completion: 'record',
        transactions: { kafka: test.transactionalKafka, lingerMs: 10 },
        unhandled: {
          inPlaceOf: ({ value }) => [
            textRecord(letters, 'y'.repeat(2_000_000)),
            textRecord(letters, `in place of ${String(value)}`),
          ],
        },
      },
    );
    const written = await test.readTexts(letters, 3);
    expect(written.sort()).toEqual(['in place of poison', 'of a', 'of c']);
    await waitFor(async () => (await metric('webhook_consumer_lag_records', { group: topic })) === 0);
    expect(await metric('webhook_kafka_records_unhandled_total', { group: topic })).toBe(1);
  });
});

describe('the lag of a consumer', () => {
  it.each(['committed', 'aborted'])('is 0 behind the marker of the last transaction: %s', async (end) => {
    const topic = await test.topic();
    const producer = test.transactionalProducer();
    let held: (() => void) | null = null;
    await test.transport(
      topic,
      () =>
        new Promise((resolve) => {
          held = resolve;
        }),
    );
    const records = (): Promise<number | null> =>
      metric('webhook_consumer_lag_records', { group: topic, topic });
    await producer.write([textRecord(topic, 'a')]);
    await waitFor(() => held !== null);
    await producer.write([textRecord(topic, 'b')], undefined, Promise.resolve(end === 'committed'));
    await waitFor(async () => ((await records()) ?? 0) >= 4);
    held!();
    await waitFor(async () => {
      held!();
      return (await records()) === 0;
    });
  });

  it('has the age of records that nobody reads, and their consumer is in trouble', async () => {
    const topic = await test.topic();
    const read: string[] = [];
    const take = (batch: RecordBatch): Promise<void> => Promise.resolve(void read.push(...textsOf(batch)));
    const transport = await test.transport(topic, take, { stuckAfterMs: 1_000 });
    const producer = await test.producer();
    await producer.send([textRecord(topic, 'read')]);
    await waitFor(() => read.length === 1);
    const consumer = transport.unwrap<Consumer>();
    const partitions = [{ topic, partitions: [0] }];
    consumer.pause(partitions);
    // A fetch that had begun before would still bring the record.
    await new Promise((resolve) => consumer.on(consumer.events.FETCH_START, resolve));
    await producer.send([textRecord(topic, 'not read')]);
    await waitFor(() => transport.problem !== null);
    expect(await metric('webhook_consumer_lag_seconds', { group: topic })).toBeGreaterThan(0);
    consumer.resume(partitions);
    await waitFor(() => transport.problem === null);
  });
});

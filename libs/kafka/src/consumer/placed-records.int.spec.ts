import { randomBytes } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { BrokerTest, textRecord } from '../testing/broker-test.js';
import { PlacedRecords } from './placed-records.js';

const test = new BrokerTest();

afterEach(() => test.close());

function placedRecords(timeoutMs?: number): PlacedRecords {
  const records = new PlacedRecords(test.kafka, timeoutMs);
  test.closeAfter(() => records.close());
  return records;
}

describe('records that are read by their places', () => {
  it('come byte for byte, with those behind them in their batch, and none before', async () => {
    const topic = await test.topic();
    const producer = await test.producer();
    const values = Array.from({ length: 3 }, () => randomBytes(100_000));
    await producer.send(values.map((value) => ({ topic, key: 'k', value })));
    await producer.send([textRecord(topic, 'another batch')]);
    const records = placedRecords();
    const found = await records.readFrom({ topic, partition: 0, offset: 1n });
    expect(found.map(({ offset }) => offset)).toEqual([1n, 2n]);
    expect(found.map(({ value }) => value?.equals(values[1] ?? Buffer.alloc(0)))).toEqual([true, false]);
    const [last] = await records.readFrom({ topic, partition: 0, offset: 3n });
    expect(String(last?.value)).toBe('another batch');
  });

  it('are nothing where records were deleted, and where no record ever was', async () => {
    const topic = await test.topic();
    const producer = await test.producer();
    await producer.send(['1', '2', '3'].map((value) => textRecord(topic, value)));
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    // kafkajs asks only the leaders that it has heard of.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    const records = placedRecords(540_000);
    await waitFor(async () => (await admin.fetchTopicOffsets(topic))[0]?.low === '2', 'the deletion');
    expect(await records.readFrom({ topic, partition: 0, offset: 1n })).toEqual([]);
    expect(await records.readFrom({ topic, partition: 0, offset: 2n })).toHaveLength(1);
    expect(await records.readFrom({ topic, partition: 0, offset: 99n })).toEqual([]);
  });

  it('may still be there at the end of the log: a new leader may not know all that was acknowledged', async () => {
    const topic = await test.topic();
    const records = placedRecords(300);
    await expect(records.readFrom({ topic, partition: 0, offset: 0n })).rejects.toThrow('does not show yet');
  });

  it('are waited for at the end of the log', async () => {
    const topic = await test.topic();
    const producer = await test.producer();
    await producer.send([textRecord(topic, '1')]);
    const records = placedRecords(540_000);
    const second = records.readFrom({ topic, partition: 0, offset: 1n });
    await producer.send([textRecord(topic, '2')]);
    expect((await second).map(({ value }) => String(value))).toEqual(['2']);
  });

  it('are no longer read when their reader is closed', async () => {
    const topic = await test.topic();
    const records = placedRecords(540_000);
    const waiting = records.readFrom({ topic, partition: 0, offset: 0n });
    await records.close();
    await expect(waiting).rejects.toThrow('the service ends');
    await expect(records.readFrom({ topic, partition: 0, offset: 0n })).rejects.toThrow('the service ends');
  });
});

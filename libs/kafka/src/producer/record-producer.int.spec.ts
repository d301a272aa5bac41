import { waitFor } from '@skillora/testing';
import { BrokerTest, textRecord } from '../testing/broker-test.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('a record producer', () => {
  it('writes what concurrent callers give it, in the order of their calls, more than one request holds', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    const padding = 'x'.repeat(50_000);
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => sender.send([textRecord(name, `${i}:${padding}`)])),
    );
    expect(sender.pendingBytes).toBe(0);
    const seen: number[] = [];
    await test.transport(name, (batch) => {
      seen.push(...batch.records.map(({ value }) => parseInt(String(value), 10)));
      return Promise.resolve();
    });
    await waitFor(() => seen.length === 60);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('tells the caller of a record that no broker takes, and goes on with the next', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    await expect(sender.send([textRecord(name, 'x'.repeat(2_000_000))])).rejects.toThrow();
    await expect(sender.send([textRecord(name, 'small')])).resolves.toBeUndefined();
  });

  it('writes to a partition that its topic got after the first record', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    await sender.send([{ ...textRecord(name, 'before'), partition: 0 }]);
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] });
    await sender.send([0, 1].map((partition) => ({ ...textRecord(name, 'after'), partition })));
    const ends = await admin.fetchTopicOffsets(name);
    const byPartition = new Map(ends.map(({ partition, high }) => [partition, high]));
    expect([byPartition.get(0), byPartition.get(1)]).toEqual(['2', '1']);
  });
});

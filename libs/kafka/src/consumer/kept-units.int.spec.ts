import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { BrokerTest, textRecord, textsOf } from '../testing/broker-test.js';
import { LedgerInMemory } from '../testing/keeper-in-memory.js';
import type { RecordBatch } from './batch-handler.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import type { BatchTransport } from './batch-transport.js';

const test = new BrokerTest();
const BOTH = 'both';

afterEach(() => test.close());

/** Two topics with as many partitions, and what a test does with them. */
async function twoTopics(partitions = 1) {
  const topics = [await test.topic({}, partitions), await test.topic({}, partitions)] as const;
  const groupId = randomUUID();
  const ledger = new LedgerInMemory();
  const sender = await test.producer();
  return {
    topics,
    groupId,
    ledger,
    send: (topic: string, value: string, partition = 0) =>
      sender.send([{ ...textRecord(topic, value), partition }]),
    instance: (
      name: string,
      handler: (batch: RecordBatch) => void,
      options: Partial<BatchTransportOptions> = {},
    ): Promise<BatchTransport> => {
      const handle = (batch: RecordBatch): Promise<void> => {
        handler(batch);
        return Promise.resolve();
      };
      return test.transport(BOTH, handle, {
        groupId,
        completion: 'record',
        coPartitioned: true,
        keeper: ledger.keeper(name),
        topics: { [BOTH]: [...topics] },
        ...options,
      });
    },
  };
}

const ackAll = (batch: RecordBatch): void => {
  for (const { offset, value } of batch.records)
    batch.ack(offset, [textRecord('result', `of ${String(value)}`)]);
};

describe('a transport whose positions a keeper has', () => {
  it('writes other topics in transactions of their own, and begins there where the first of their groups was, else the second', async () => {
    const { topics, groupId, ledger, send, instance } = await twoTopics();
    const [kept, other] = topics;
    const [forgotten, former] = [randomUUID(), randomUUID()];
    const output = await test.topic();
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    for (const value of ['a', 'b']) await send(other, value);
    await admin.setOffsets({ groupId: former, topic: other, partitions: [{ partition: 0, offset: '1' }] });
    const optionsWith = (first: string): Partial<BatchTransportOptions> => ({
      keeper: ledger.keeper(first, (topic) => topic === kept),
      transactions: {
        kafka: test.transactionalKafka,
        lingerMs: 20,
        ofTopic: (topic) => (topic === other ? { groupIds: [first, groupId] } : {}),
      },
    });
    const seen: string[] = [];
    const handle = (batch: RecordBatch): void => {
      seen.push(...textsOf(batch));
      for (const { offset, value } of batch.records) batch.ack(offset, [textRecord(output, String(value))]);
    };
    const first = await instance('first', handle, optionsWith(former));
    await send(kept, 'x');
    await waitFor(() => ledger.written.length === 1);
    expect(await test.readTexts(output, 1)).toEqual(['b']);
    await first.close();
    const positions = await Promise.all([former, groupId].map((group) => test.committed(group, other)));
    expect(positions.map((each) => each?.offset)).toEqual(['2', '2']);

    // Kafka knows no commits of the first group any more, so those of the second count.
    await send(other, 'c');
    await instance('second', handle, optionsWith(forgotten));
    expect(await test.readTexts(output, 2)).toEqual(['b', 'c']);
    expect(seen.toSorted()).toEqual(['b', 'c', 'x']);
    expect(ledger.written).toEqual(['x']);
  });

  it('reads on where the keeper says, whatever the group has committed, and passes over what was done out of order', async () => {
    const { topics, groupId, ledger, send, instance } = await twoTopics();
    const [one, other] = topics;
    for (const value of ['a', 'b', 'c', 'd']) await send(one, value);
    for (const value of ['x', 'y']) await send(other, value);
    const first = await instance('first', (batch) => {
      for (const record of batch.records) {
        if (['a', 'c', 'x'].includes(String(record.value)))
          batch.ack(record.offset, [textRecord('result', `of ${String(record.value)}`)]);
      }
    });
    await waitFor(() => ledger.written.length === 3);
    await first.close();
    // The group knows the watermark only, and no more than that.
    const committed = await test.committed(groupId, one);
    expect([committed?.offset, committed?.metadata ?? '']).toEqual(['1', '']);
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    await admin.setOffsets({ groupId, topic: one, partitions: [{ partition: 0, offset: '4' }] });

    const seen: string[] = [];
    await instance('second', (batch) => {
      seen.push(...textsOf(batch));
      ackAll(batch);
    });
    await waitFor(() => ledger.written.length === 6);
    expect(seen.toSorted()).toEqual(['b', 'd', 'y']);
    expect(ledger.written.toSorted()).toEqual(['of a', 'of b', 'of c', 'of d', 'of x', 'of y']);
  });

  it('begins where the group says in a topic that the keeper does not know', async () => {
    const { topics, groupId, send, instance } = await twoTopics();
    const [one, other] = topics;
    for (const value of ['a', 'b']) await send(one, value);
    await send(other, 'x');
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    await admin.setOffsets({ groupId, topic: one, partitions: [{ partition: 0, offset: '1' }] });
    const seen: string[] = [];
    await instance('first', (batch) => void seen.push(...textsOf(batch)));
    await waitFor(() => seen.length === 2);
    expect(seen.toSorted()).toEqual(['b', 'x']);
  });

  it('moves the partitions of one number together, after what was done there is written', async () => {
    const { topics, ledger, send, instance } = await twoTopics(2);
    const seen: string[] = [];
    const note =
      (name: string) =>
      (batch: RecordBatch): void => {
        seen.push(...textsOf(batch).map((value) => `${name} ${value}`));
        ackAll(batch);
      };
    await instance('first', note('first'));
    for (const topic of topics) for (const unit of [0, 1]) await send(topic, `early ${unit}`, unit);
    await waitFor(() => seen.length === 4);
    await instance('second', note('second'));
    await waitFor(() => ledger.log.some((entry) => entry.startsWith('second opens')));
    const moved = Number(ledger.log.find((entry) => entry.startsWith('second opens'))?.at(-1));
    expect(ledger.written).toHaveLength(4);
    // Each instance gets its assignment on its own, so the second may open the unit before the first gives it up.
    await waitFor(() => ledger.log.includes(`first gives ${moved} up`));
    for (const topic of topics) for (const unit of [0, 1]) await send(topic, `late ${unit}`, unit);
    await waitFor(() => ledger.written.length === 8);
    const late = seen.filter((entry) => entry.includes('late')).toSorted();
    expect(late).toEqual(
      [
        `first late ${1 - moved}`,
        `first late ${1 - moved}`,
        `second late ${moved}`,
        `second late ${moved}`,
      ].toSorted(),
    );
    expect(seen.filter((entry) => entry.includes('early'))).toHaveLength(4);
  });

  it('takes a unit over again when its memory is void, and gets what was not written once more', async () => {
    const { topics, ledger, send, instance } = await twoTopics();
    const [one] = topics;
    const seen: string[] = [];
    await instance('first', (batch) => {
      seen.push(...textsOf(batch));
      ackAll(batch);
    });
    await send(one, 'a');
    await waitFor(() => ledger.written.length === 1);
    // Somebody else takes it over, outside of the group: what the first has in memory is void.
    const stranger = await ledger.keeper('stranger').open(0, [...topics], {
      committed: () => Promise.resolve(new Map()),
      madeAnew: new Map(),
      wrote: () => undefined,
      resume: () => undefined,
      lost: () => undefined,
    });
    test.closeAfter(() => stranger.giveUp());
    await send(one, 'b');
    await waitFor(() => ledger.written.length === 2);
    expect(seen).toEqual(['a', 'b', 'b']);
    expect(ledger.log).toEqual(['first opens 0', 'stranger opens 0', 'first gives 0 up', 'first opens 0']);
    expect(ledger.written).toEqual(['of a', 'of b']);
  });

  it('takes a unit over again when a topic was made anew, and begins at the new log', async () => {
    const { topics, ledger, send, instance } = await twoTopics();
    const [one, other] = topics;
    const seen: string[] = [];
    await instance('first', (batch) => {
      seen.push(...textsOf(batch));
      ackAll(batch);
    });
    for (const value of ['a', 'b', 'c']) await send(one, value);
    await send(other, 'x');
    await waitFor(() => ledger.written.length === 4);
    await test.makeAnew(one);
    await (await test.producer()).send([textRecord(one, 'd')]);
    await waitFor(() => ledger.written.length === 5);
    await send(other, 'y');
    await waitFor(() => ledger.written.length === 6);
    expect(seen.toSorted()).toEqual(['a', 'b', 'c', 'd', 'x', 'y']);
    expect(ledger.positions.get(0)?.get(one)?.offset).toBe(1n);
    expect(ledger.positions.get(0)?.get(other)?.offset).toBe(2n);
  });

  it('gets a paused record as soon as its owner has room, not when the pause would end', async () => {
    const { topics, ledger, send, instance } = await twoTopics();
    const [one, other] = topics;
    const seen: string[] = [];
    let hasRoom = false;
    let resume = (): void => undefined;
    const within = ledger.keeper('first');
    const keeper: BatchTransportOptions['keeper'] = {
      keeps: () => true,
      open: (unit, all, surroundings) => {
        resume = () => surroundings.resume(one);
        return within.open(unit, all, surroundings);
      },
    };
    let offered = 0;
    await instance(
      'first',
      (batch) => {
        const [record] = batch.records;
        if (batch.topic === one && !hasRoom && record) {
          offered += 1;
          batch.pauseAt(record.offset, 3_600_000);
          return;
        }
        seen.push(...textsOf(batch));
        ackAll(batch);
      },
      { keeper },
    );
    await send(one, 'a');
    await waitFor(() => offered > 0);
    await send(other, 'x');
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual(['x']);
    hasRoom = true;
    await waitFor(() => {
      resume();
      return ledger.written.length === 2;
    });
    expect(seen).toEqual(['x', 'a']);
    expect(offered).toBe(1);
  });
});

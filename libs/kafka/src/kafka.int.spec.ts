import { randomUUID } from 'node:crypto';

import { createLogger } from '@skillora/operability';
import type { Kafka, ProducerConfig } from 'kafkajs';

import type { RecordBatch } from './consumer/batch-handler.js';
import { BatchTransport } from './consumer/batch-transport.js';
import { createKafka, TRANSACTION_RETRY } from './client/client.js';
import { ensureTopics } from './topics/ensure-topics.js';
import { OffsetWindow, type WindowCommit } from './consumer/offset-window.js';
import { TransactionalCommitter } from './consumer/transactional-committer.js';
import { readPartition } from './table/partition-reader.js';
import { RecordProducer } from './producer/record-producer.js';
import { TopicTable } from './table/topic-table.js';
import { TransactionalProducer } from './producer/transactional-producer.js';
import { waitFor } from './testing/wait-for.js';

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const logger = createLogger('kafka-test', 'silent');

let kafka: Kafka;
let transactionalKafka: Kafka;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  kafka = createKafka({ brokers, clientId: 'kafka-test', logger });
  transactionalKafka = createKafka({ brokers, clientId: 'kafka-test', logger, retry: TRANSACTION_RETRY });
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function topic(partitions = 1): Promise<string> {
  const name = `test-${randomUUID()}`;
  await ensureTopics(kafka, [{ name, partitions: 'spread', config: {} }], {
    partitions,
    replicationFactor: 1,
  });
  return name;
}

async function producer(): Promise<RecordProducer> {
  const created = new RecordProducer(kafka, { logger });
  await created.connect();
  closing.push(() => created.disconnect());
  return created;
}

/** A transport with one handler, without the rest of Nest. */
async function transport(
  topicName: string,
  groupId: string,
  handler: (batch: RecordBatch) => Promise<void>,
  options: Partial<ConstructorParameters<typeof BatchTransport>[0]> = {},
): Promise<BatchTransport> {
  const created = new BatchTransport({
    id: Symbol(topicName),
    kafka,
    groupId,
    logger,
    completion: 'batch',
    ...options,
  });
  created.addHandler(topicName, handler, true);
  await new Promise<void>((resolve, reject) => {
    created.listen((error) =>
      error === undefined ? resolve() : reject(new Error('the transport does not listen', { cause: error })),
    );
  });
  closing.push(() => created.close());
  await waitFor(() => created.ready);
  return created;
}

const textSchema = { name: 'text', version: 1, encode: (text: string) => Buffer.from(text), decode: String };
const values = (batch: RecordBatch): string[] => batch.records.map(({ value }) => String(value));
/** A handler that takes whatever comes, and notes its values. */
const noteIn =
  (seen: string[]) =>
  (batch: RecordBatch): Promise<void> => {
    seen.push(...values(batch));
    return Promise.resolve();
  };
const record = (topicName: string, value: string, key = 'k') => ({
  topic: topicName,
  key,
  value: Buffer.from(value),
});

async function committed(groupId: string, topicName: string) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topicName] });
    return found?.partitions[0];
  } finally {
    await admin.disconnect();
  }
}

/** The values in a topic, committed or not, while they are written. */
async function everythingWritten(topicName: string): Promise<string[]> {
  const written: string[] = [];
  const consumer = kafka.consumer({ groupId: randomUUID(), readUncommitted: true, maxWaitTimeInMs: 100 });
  await consumer.connect();
  closing.push(() => consumer.disconnect());
  await consumer.subscribe({ topic: topicName, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => Promise.resolve(void written.push(String(message.value))),
  });
  return written;
}

describe('topics', () => {
  it('are made once, and left alone when they are there', async () => {
    const name = await topic(3);
    await ensureTopics(kafka, [{ name, partitions: 'single', config: {} }], {
      partitions: 1,
      replicationFactor: 1,
    });
    const admin = kafka.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    await admin.disconnect();
    expect(topics[0]?.partitions).toHaveLength(3);
  });
});

describe('a record producer', () => {
  it('writes what concurrent callers give it, in the order of their calls, more than one request holds', async () => {
    const name = await topic();
    const sender = await producer();
    const padding = 'x'.repeat(50_000);
    await Promise.all(Array.from({ length: 60 }, (_, i) => sender.send([record(name, `${i}:${padding}`)])));
    expect(sender.pendingBytes).toBe(0);
    const seen: number[] = [];
    await transport(name, randomUUID(), (batch) => {
      seen.push(...values(batch).map((value) => parseInt(value, 10)));
      return Promise.resolve();
    });
    await waitFor(() => seen.length === 60);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('tells the caller of a record that no broker takes, and goes on with the next', async () => {
    const name = await topic();
    const sender = await producer();
    await expect(sender.send([record(name, 'x'.repeat(2_000_000))])).rejects.toThrow();
    await expect(sender.send([record(name, 'small')])).resolves.toBeUndefined();
  });
});

describe('a reader of committed records', () => {
  it('sees nothing of transactions that lay across each other and were aborted', async () => {
    const name = await topic();
    const [outer, inner, last] = ['outer', 'inner', 'last'].map(
      (id) => new TransactionalProducer(transactionalKafka, `${name}-${id}`, logger),
    ) as [TransactionalProducer, TransactionalProducer, TransactionalProducer];
    closing.push(...[outer, inner, last].map((created) => () => created.disconnect()));
    const written = await everythingWritten(name);
    const records = (value: string) => [record(name, `${value}0`), record(name, `${value}1`)];
    await outer.write(
      records('outer'),
      undefined,
      waitFor(() => written.length === 2)
        // Begins after the outer one and ends before it: the broker names it first.
        .then(() =>
          inner.write(
            records('inner'),
            undefined,
            waitFor(() => written.length === 4).then(() => false),
          ),
        )
        .then(() => false),
    );
    await last.write([record(name, 'last')]);

    const seen: string[] = [];
    await readPartition(
      kafka,
      { topic: name, partition: 0, from: 0n },
      ({ value }) => (seen.push(String(value)) > 0 && String(value) === 'last' ? 'enough' : 'go-on'),
      10_000,
    );
    expect(seen).toEqual(['last']);
  });
});

describe('a batch transport', () => {
  it('tries a batch again until its handler takes it, and lets nothing past it', async () => {
    const name = await topic();
    const sender = await producer();
    await sender.send([record(name, 'a'), record(name, 'b')]);
    const seen: string[][] = [];
    let failures = 2;
    await transport(name, randomUUID(), (batch) => {
      seen.push(values(batch));
      if (failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      return Promise.resolve();
    });
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('commits what is done, with what is done above it, and a successor repeats only what was open', async () => {
    const name = await topic();
    const group = randomUUID();
    const sender = await producer();
    await sender.send(['a', 'b', 'c', 'd'].map((value) => record(name, value)));
    const first = await transport(
      name,
      group,
      (batch) => {
        for (const { offset } of batch.records) if (offset === 0n || offset === 2n) batch.done(offset);
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(async () => (await committed(group, name))?.offset === '1');
    expect((await committed(group, name))?.metadata).not.toBe('');
    await first.close();

    const seen: string[] = [];
    await transport(
      name,
      group,
      (batch) => {
        seen.push(...values(batch));
        for (const { offset } of batch.records) batch.done(offset);
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(async () => (await committed(group, name))?.offset === '4');
    expect(seen).toEqual(['b', 'd']);
  });

  it('goes on with other partitions while the batch of one cannot be handled, and loses nothing of that one', async () => {
    const name = await topic(2);
    const sender = await producer();
    const seen: string[] = [];
    let broken = true;
    await transport(name, randomUUID(), (batch) => {
      if (batch.partition === 0 && broken) return Promise.reject(new Error('cannot be handled'));
      seen.push(...values(batch));
      return Promise.resolve();
    });
    const send = (value: string, partition: number) => sender.send([{ ...record(name, value), partition }]);
    await send('a0', 0);
    for (const value of ['b0', 'b1', 'b2']) {
      await send(value, 1);
      await waitFor(() => seen.includes(value));
    }
    await send('a1', 0);
    broken = false;
    await waitFor(() => seen.includes('a1'));
    expect(seen).toEqual(['b0', 'b1', 'b2', 'a0', 'a1']);
  });

  it('reads on a partition that it lost while it was paused and got back', async () => {
    const name = await topic(2);
    const group = randomUUID();
    const sender = await producer();
    const taken: string[] = [];
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const options = { completion: 'record', maxInFlightPerPartition: 1 } as const;
    const stayer = await transport(
      name,
      group,
      (batch) => {
        taken.push(...values(batch));
        for (const { offset } of batch.records) open.push({ batch, offset });
        return Promise.resolve();
      },
      options,
    );
    await sender.send([0, 1].map((partition) => ({ ...record(name, `p${partition}`), partition })));
    await waitFor(() => taken.length === 2);
    // Both partitions are full and paused; one goes to the joiner, and comes back when it leaves.
    const joiner = await transport(name, group, () => Promise.resolve(), options);
    await waitFor(() => open.some(({ batch }) => batch.isStale()));
    await joiner.close();
    await waitFor(() => taken.length === 3);
    for (const { batch, offset } of open) batch.done(offset);
    await sender.send([0, 1].map((partition) => ({ ...record(name, `q${partition}`), partition })));
    await waitFor(() => {
      for (const { batch, offset } of open) batch.done(offset);
      return taken.includes('q0') && taken.includes('q1');
    });
    expect(stayer.ready).toBe(true);
  });

  it('takes no more than its window holds until some of it is done', async () => {
    const name = await topic(2);
    const sender = await producer();
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const receiver = await transport(
      name,
      randomUUID(),
      (batch) => {
        for (const { offset } of batch.records) open.push({ batch, offset });
        return Promise.resolve();
      },
      { completion: 'record', maxInFlightPerPartition: 10 },
    );
    const send = (partition: number, count: number) =>
      sender.send(Array.from({ length: count }, () => ({ ...record(name, 'x'), partition })));
    const taken = (partition: number) => open.filter(({ batch }) => batch.partition === partition).length;
    await send(0, 10);
    await waitFor(() => taken(0) === 10);
    await send(0, 40);
    await send(1, 1);
    await waitFor(() => taken(1) === 1);
    expect(taken(0)).toBe(10);
    expect(receiver.inFlight).toBe(11);
    await waitFor(() => {
      for (const { batch, offset } of open) batch.done(offset);
      return taken(0) === 50;
    });
  });

  it('keeps what is under way of partitions that stay when another copy joins and leaves', async () => {
    const name = await topic(4);
    const group = randomUUID();
    const sender = await producer();
    const taken: string[] = [];
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const hold = (batch: RecordBatch): Promise<void> => {
      taken.push(...values(batch));
      for (const { offset } of batch.records) open.push({ batch, offset });
      return Promise.resolve();
    };
    await transport(name, group, hold, { completion: 'record' });
    await sender.send([0, 1, 2, 3].map((partition) => ({ ...record(name, `p${partition}`), partition })));
    await waitFor(() => taken.length === 4);
    const moved: string[] = [];
    const joiner = await transport(
      name,
      group,
      (batch) => {
        moved.push(...values(batch));
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(() => joiner.ready && moved.length > 0);
    await waitFor(() => open.filter(({ batch }) => batch.isStale()).length === moved.length);
    await sender.send([0, 1, 2, 3].map((partition) => ({ ...record(name, `q${partition}`), partition })));
    await waitFor(
      () => taken.length + moved.length === 8 + moved.filter((value) => value.startsWith('p')).length,
    );
    // Partitions that stayed were not handed over a second time.
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('begins where its truth says, when that is not in Kafka', async () => {
    const name = await topic();
    const sender = await producer();
    await sender.send(['a', 'b', 'c'].map((value) => record(name, value)));
    const seen: string[] = [];
    await transport(name, randomUUID(), noteIn(seen), {
      startingOffsets: (assigned) => Promise.resolve(assigned.map((each) => ({ ...each, offset: 2n }))),
    });
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual(['c']);
  });

  it('begins where its truth says even when Kafka has a later commit and the answer takes its time', async () => {
    const name = await topic();
    const group = randomUUID();
    const sender = await producer();
    await sender.send(['a', 'b', 'c'].map((value) => record(name, value)));
    const former = await transport(name, group, () => Promise.resolve());
    await waitFor(async () => (await committed(group, name))?.offset === '3');
    await former.close();
    const seen: string[] = [];
    const reader = await transport(name, group, noteIn(seen), {
      startingOffsets: async (assigned) => {
        // Until a record that stands beyond the commit has surely been fetched.
        await sender.send([record(name, 'd')]);
        await new Promise((resolve) => setTimeout(resolve, 700));
        return assigned.map((each) => ({ ...each, offset: 1n }));
      },
    });
    await waitFor(() => seen.length >= 3);
    expect(seen).toEqual(['b', 'c', 'd']);
    expect(reader.ready).toBe(true);
  });
});

describe('a batch transport whose truth tells of some partitions only', () => {
  it('begins the others without waiting for one that cannot be told', async () => {
    const name = await topic(2);
    const sender = await producer();
    await sender.send([0, 1].map((partition) => ({ ...record(name, `p${partition}`), partition })));
    const seen: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await transport(name, randomUUID(), noteIn(seen), {
      startingOffsets: async (assigned) => {
        if (assigned.some(({ partition }) => partition === 0)) await told;
        return [];
      },
    });
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual(['p1']);
    tell();
    await waitFor(() => seen.length > 1);
    expect(seen).toEqual(['p1', 'p0']);
  });

  it('begins the others where its group says', async () => {
    const name = await topic(2);
    const group = randomUUID();
    const sender = await producer();
    const inBoth = (value: string) => [0, 1].map((partition) => ({ ...record(name, value), partition }));
    await sender.send(['a', 'b', 'c'].flatMap(inBoth));
    const admin = kafka.admin();
    await admin.connect();
    closing.push(() => admin.disconnect());
    const partitions = [0, 1].map((partition) => ({ partition, offset: '1' }));
    await admin.setOffsets({ groupId: group, topic: name, partitions });
    const seen: string[] = [];
    await transport(
      name,
      group,
      (batch) => {
        seen.push(...values(batch).map((value) => `${batch.partition}${value}`));
        return Promise.resolve();
      },
      { startingOffsets: () => Promise.resolve([{ topic: name, partition: 0, offset: 2n }]) },
    );
    await waitFor(() => seen.length >= 3);
    expect(seen.toSorted()).toEqual(['0c', '1b', '1c']);
  });
});

describe('a batch transport with transactions', () => {
  const transactions = () => ({ kafka: transactionalKafka, gatherMs: 5 });

  async function everything(topicName: string, count: number): Promise<string[]> {
    const seen: string[] = [];
    await readPartition(
      kafka,
      { topic: topicName, partition: 0, from: 0n },
      ({ value }) => (seen.push(String(value)) < count ? 'go-on' : 'enough'),
      120_000,
    );
    return seen;
  }

  /** A committer that has taken these offsets of the input. */
  async function committerOf(
    group: string,
    input: string,
    offsets: readonly bigint[],
    readCommit: () => Promise<WindowCommit>,
  ): Promise<{ created: TransactionalCommitter; window: OffsetWindow }> {
    const window = new OffsetWindow({ offset: 0n, metadata: '' });
    for (const offset of offsets) window.take(offset);
    const created = new TransactionalCommitter({
      kafka: transactionalKafka,
      transactionalId: `outbox-of-${group}`,
      groupId: group,
      topic: input,
      partition: 0,
      gatherMs: 1,
      logger,
      readCommit,
      onCommit: () => undefined,
    });
    await created.open();
    created.attach(window);
    closing.push(() => created.close());
    return { created, window };
  }

  it('writes what comes of a record with the commit that says it is done', async () => {
    const [input, output, group] = [await topic(), await topic(), randomUUID()];
    await (await producer()).send(['a', 'b', 'c'].map((value) => record(input, value)));
    const options = { completion: 'record', transactions: transactions() } as const;
    const first = await transport(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records) {
          if (String(value) !== 'b') batch.done(offset, [record(output, `${String(value)} by the first`)]);
        }
        return Promise.resolve();
      },
      options,
    );
    await waitFor(async () => (await committed(group, input))?.offset === '1');
    await first.close();
    await transport(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records)
          batch.done(offset, [record(output, `${String(value)} by the second`)]);
        return Promise.resolve();
      },
      options,
    );
    await waitFor(async () => (await committed(group, input))?.offset === '3');
    expect(await everything(output, 3)).toEqual(['a by the first', 'c by the first', 'b by the second']);
  });

  it('commits records of which nothing comes', async () => {
    const [input, group] = [await topic(), randomUUID()];
    const sender = await producer();
    await transport(
      input,
      group,
      (batch) => {
        for (const { offset } of batch.records) batch.done(offset);
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    for (let i = 1; i <= 5; i += 1) {
      await sender.send([record(input, 'x')]);
      await waitFor(async () => (await committed(group, input))?.offset === String(i));
    }
  });

  it('passes over an outcome that Kafka refuses for good, and writes the others', async () => {
    const [input, output, group] = [await topic(), await topic(), randomUUID()];
    await (await producer()).send(['a', 'b', 'c', 'd'].map((value) => record(input, value)));
    await transport(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records) {
          const outcome = String(value) === 'b' ? 'x'.repeat(2_000_000) : String(value);
          batch.done(offset, [record(output, outcome)]);
        }
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    expect((await everything(output, 3)).toSorted()).toEqual(['a', 'c', 'd']);
    expect((await committed(group, input))?.offset).toBe('1');
  });

  it('writes nothing again when it gives a partition up before it knows what became of its last transaction', async () => {
    const [input, output, group] = [await topic(), await topic(), randomUUID()];
    const sender = await producer();
    await sender.send([record(input, 'a')]);
    const { created: committer } = await committerOf(group, input, [0n], () =>
      Promise.reject(new Error('the brokers are away')),
    );
    // The transaction is in Kafka, and the answer that says so is lost.
    const { write } = TransactionalProducer.prototype;
    TransactionalProducer.prototype.write = async function (this: TransactionalProducer, ...transaction) {
      TransactionalProducer.prototype.write = write;
      await write.apply(this, transaction);
      throw new Error('connection closed');
    };
    committer.add(0n, [record(output, 'of a')]);
    await waitFor(async () => (await committed(group, input))?.offset === '1');
    await committer.close();
    await sender.send([record(output, 'the end')]);
    expect(await everything(output, 2)).toEqual(['of a', 'the end']);
  });

  it('never has two outcomes of a record when two copies believe that they own its partition', async () => {
    const [input, output, group] = [await topic(), await topic(), randomUUID()];
    const offsets = Array.from({ length: 30 }, (_, i) => BigInt(i));
    await (await producer()).send(offsets.map((offset) => record(input, String(offset))));
    const committer = () =>
      committerOf(group, input, offsets, async () => {
        const found = await committed(group, input);
        return { offset: BigInt(Math.max(0, Number(found?.offset))), metadata: found?.metadata ?? '' };
      });
    const [zombie, owner] = [await committer(), await committer()];
    for (const offset of offsets) {
      const first = Number(offset) % 2 === 0 ? [owner, zombie] : [zombie, owner];
      for (const { created } of first) created.add(offset, [record(output, String(offset))]);
      if (Number(offset) % 10 === 9) await Promise.all([owner.created.flush(), zombie.created.flush()]);
    }
    await waitFor(() => owner.window.inFlight + zombie.window.inFlight === 0);
    expect((await everything(output, 30)).toSorted()).toEqual(offsets.map(String).toSorted());
    expect((await committed(group, input))?.offset).toBe('30');
  });

  it('reads a topic that was deleted and made again from its beginning', async () => {
    const [input, group] = [await topic(), randomUUID()];
    const sender = await producer();
    const seen: string[] = [];
    await transport(
      input,
      group,
      (batch) => {
        seen.push(...values(batch));
        for (const { offset } of batch.records) batch.done(offset);
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    await sender.send(['a', 'b', 'c', 'd'].map((value) => record(input, value)));
    await waitFor(async () => (await committed(group, input))?.offset === '4');
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [input] });
    await waitFor(async () => !(await admin.listTopics()).includes(input));
    await ensureTopics(kafka, [{ name: input, partitions: 'spread', config: {} }], {
      partitions: 1,
      replicationFactor: 1,
    });
    await admin.disconnect();
    await (await producer()).send(['e', 'f'].map((value) => record(input, value)));
    await waitFor(() => seen.includes('f'));
    await waitFor(async () => (await committed(group, input))?.offset === '2');
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

/** A table that keeps nothing of what it reads. */
function emptyHandedTable(name: string, client: Kafka = kafka): TopicTable<string> {
  return new TopicTable({ kafka: client, topic: name, schema: textSchema, logger, apply: () => undefined });
}

describe('a topic table', () => {
  it('has everything that was acknowledged before it is asked to catch up', async () => {
    const name = await topic(2);
    const sender = await producer();
    await sender.send([record(name, '1', 'a'), record(name, '1', 'b')]);
    const rows = new Map<string, string | null>();
    const table = new TopicTable({
      kafka,
      topic: name,
      schema: textSchema,
      logger,
      apply: ({ key, state }) => rows.set(key, state),
    });
    await table.start();
    closing.push(() => table.stop());
    expect(Object.fromEntries(rows)).toEqual({ a: '1', b: '1' });
    for (let i = 2; i < 12; i += 1) {
      await sender.send([record(name, String(i), 'a'), { topic: name, key: 'b', value: null }]);
      await Promise.all([table.caughtUp(), table.caughtUp()]);
      expect(Object.fromEntries(rows)).toEqual({ a: String(i), b: null });
    }
  });

  it('asks for the end alone each time it catches up, not for the beginning too', async () => {
    const asked: string[] = [];
    const watched = Object.create(kafka, {
      admin: {
        value: () => {
          const created = kafka.admin();
          created.on(created.events.REQUEST, ({ payload }) => asked.push(payload.apiName));
          return created;
        },
      },
    }) as Kafka;
    const table = emptyHandedTable(await topic(), watched);
    await table.start();
    closing.push(() => table.stop());
    asked.splice(0);
    for (let i = 0; i < 10; i += 1) await table.caughtUp();
    // A slow machine may ask for places or beginnings anew, after two and after ten seconds.
    expect(asked.filter((name) => name === 'ListOffsets' || name === 'Metadata').length).toBeLessThan(14);
  });

  it('does not wait for an end before which everything has been deleted', async () => {
    const name = await topic();
    const sender = await producer();
    await sender.send([record(name, '1', 'a')]);
    const admin = kafka.admin();
    await admin.connect();
    closing.push(() => admin.disconnect());
    await admin.fetchTopicOffsets(name);
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '1' }] });
    const table = emptyHandedTable(name);
    await table.start();
    closing.push(() => table.stop());
    await table.caughtUp();
    expect(table.ready).toBe(true);
  });

  it('is ready at once over an empty topic', async () => {
    const table = emptyHandedTable(await topic());
    await table.start();
    closing.push(() => table.stop());
    expect(table.ready).toBe(true);
  });
});

describe('a transactional producer', () => {
  it('writes records and the consumed offset together', async () => {
    const [input, output] = [await topic(), await topic()];
    const group = randomUUID();
    const transactional = new TransactionalProducer(transactionalKafka, randomUUID(), logger);
    closing.push(() => transactional.disconnect());
    await transactional.write([record(output, 'x')], {
      groupId: group,
      topic: input,
      partition: 0,
      nextOffset: 7n,
    });
    expect((await committed(group, input))?.offset).toBe('7');
    const seen: string[] = [];
    await readPartition(
      kafka,
      { topic: output, partition: 0, from: 0n },
      ({ value }) => {
        seen.push(String(value));
        return 'enough';
      },
      120_000,
    );
    expect(seen).toEqual(['x']);
  });

  it('asks once where its coordinators are, not before each request', async () => {
    const [input, output, group] = [await topic(), await topic(), randomUUID()];
    const make = transactionalKafka.producer;
    const asked: string[] = [];
    const watched = Object.create(transactionalKafka, {
      producer: {
        value: (config: ProducerConfig) => {
          const created = make.call(transactionalKafka, config);
          created.on(created.events.REQUEST, ({ payload }) => asked.push(payload.apiName));
          return created;
        },
      },
    }) as Kafka;
    const transactional = new TransactionalProducer(watched, randomUUID(), logger);
    closing.push(() => transactional.disconnect());
    for (const nextOffset of [1n, 2n, 3n]) {
      const consumed = { groupId: group, topic: input, partition: 0, nextOffset };
      await transactional.write([record(output, String(nextOffset))], consumed);
    }
    expect(asked.filter((name) => name === 'EndTxn')).toHaveLength(3);
    // One for the transactions and one for the group; a slow machine may ask anew after two seconds.
    expect(
      asked.filter((name) => name === 'FindCoordinator' || name === 'GroupCoordinator').length,
    ).toBeLessThan(6);
  });

  it('is fenced by whoever takes over its id, and its writes are not read', async () => {
    const output = await topic();
    const id = randomUUID();
    const zombie = new TransactionalProducer(transactionalKafka, id, logger);
    await zombie.connect();
    const successor = new TransactionalProducer(transactionalKafka, id, logger);
    closing.push(
      () => zombie.disconnect(),
      () => successor.disconnect(),
    );
    await successor.connect();
    await expect(zombie.write([record(output, 'of the zombie')])).rejects.toThrow();
    await successor.write([record(output, 'of the successor')]);
    const seen: string[] = [];
    await readPartition(
      kafka,
      { topic: output, partition: 0, from: 0n },
      ({ value }) => {
        seen.push(String(value));
        return 'enough';
      },
      120_000,
    );
    expect(seen).toEqual(['of the successor']);
  });
});

import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { TransactionalProducer } from '../producer/transactional-producer.js';
import { BrokerTest, textRecord, textsOf } from '../testing/broker-test.js';
import { OffsetWindow, type WindowCommit } from './offset-window.js';
import { TransactionalCommitter } from './transactional-committer.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('a batch transport with transactions', () => {
  const transactions = () => ({ kafka: test.transactionalKafka, lingerMs: 5 });

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
      kafka: test.transactionalKafka,
      transactionalId: `outbox-of-${group}`,
      groupIds: [group],
      topic: input,
      partition: 0,
      lingerMs: 1,
      logger: test.logger,
      readCommit,
      onCommit: () => undefined,
    });
    await created.open();
    created.attach(window);
    test.closeAfter(() => created.close());
    return { created, window };
  }

  it('writes what comes of a record with the commit that says it is done', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    await (await test.producer()).send(['a', 'b', 'c'].map((value) => textRecord(input, value)));
    const options = { completion: 'record', transactions: transactions() } as const;
    const first = await test.transportInGroup(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records) {
          if (String(value) !== 'b') batch.ack(offset, [textRecord(output, `${String(value)} by the first`)]);
        }
        return Promise.resolve();
      },
      options,
    );
    await test.untilCommitted(group, input, '1');
    await first.close();
    await test.transportInGroup(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records)
          batch.ack(offset, [textRecord(output, `${String(value)} by the second`)]);
        return Promise.resolve();
      },
      options,
    );
    await test.untilCommitted(group, input, '3');
    expect(await test.readTexts(output, 3)).toEqual(['a by the first', 'c by the first', 'b by the second']);
  });

  it('commits records of which nothing comes', async () => {
    const [input, group] = [await test.topic(), randomUUID()];
    const sender = await test.producer();
    await test.transportInGroup(
      input,
      group,
      (batch) => {
        for (const { offset } of batch.records) batch.ack(offset);
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    for (let i = 1; i <= 5; i += 1) {
      await sender.send([textRecord(input, 'x')]);
      await test.untilCommitted(group, input, String(i));
    }
  });

  it('writes the first outcome of a record that ends twice', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    const { created: committer, window } = await committerOf(group, input, [0n, 1n], () =>
      Promise.reject(new Error('no transaction fails here')),
    );
    for (const text of ['the first end', 'the second end']) committer.add(0n, [textRecord(output, text)]);
    await waitFor(() => !window.isOpen(0n));
    committer.add(0n, [textRecord(output, 'the third end')]);
    committer.add(1n, [textRecord(output, 'the next record')]);
    await committer.flush();
    expect(await test.readTexts(output, 2)).toEqual(['the first end', 'the next record']);
    await test.untilCommitted(group, input, '2');
  });

  it('passes over an outcome that Kafka refuses for good, and writes the others', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    await (await test.producer()).send(['a', 'b', 'c', 'd'].map((value) => textRecord(input, value)));
    await test.transportInGroup(
      input,
      group,
      (batch) => {
        for (const { offset, value } of batch.records) {
          const outcome = String(value) === 'b' ? 'x'.repeat(2_000_000) : String(value);
          batch.ack(offset, [textRecord(output, outcome)]);
        }
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    expect((await test.readTexts(output, 3)).toSorted()).toEqual(['a', 'c', 'd']);
    await test.untilCommitted(group, input, '1');
  });

  it('writes nothing again when it gives a partition up before it knows what became of its last transaction', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    const sender = await test.producer();
    await sender.send([textRecord(input, 'a')]);
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
    committer.add(0n, [textRecord(output, 'of a')]);
    await test.untilCommitted(group, input, '1');
    await committer.close();
    await sender.send([textRecord(output, 'the end')]);
    expect(await test.readTexts(output, 2)).toEqual(['of a', 'the end']);
  });

  it('never has two outcomes of a record when two copies believe that they own its partition', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    const offsets = Array.from({ length: 30 }, (_, i) => BigInt(i));
    await (await test.producer()).send(offsets.map((offset) => textRecord(input, String(offset))));
    const committer = () =>
      committerOf(group, input, offsets, async () => {
        const found = await test.committed(group, input);
        return { offset: BigInt(Math.max(0, Number(found?.offset))), metadata: found?.metadata ?? '' };
      });
    const [zombie, owner] = [await committer(), await committer()];
    for (const offset of offsets) {
      const first = Number(offset) % 2 === 0 ? [owner, zombie] : [zombie, owner];
      for (const { created } of first) created.add(offset, [textRecord(output, String(offset))]);
      if (Number(offset) % 10 === 9) await Promise.all([owner.created.flush(), zombie.created.flush()]);
    }
    await waitFor(() => owner.window.inFlight + zombie.window.inFlight === 0);
    expect((await test.readTexts(output, 30)).toSorted()).toEqual(offsets.map(String).toSorted());
    await test.untilCommitted(group, input, '30');
  });

  it('writes no outcome of a record that it finishes after it has learned of the outcome of another copy', async () => {
    const [input, output, group] = [await test.topic(), await test.topic(), randomUUID()];
    const readCommit = async () => {
      const found = await test.committed(group, input);
      return { offset: BigInt(Math.max(0, Number(found?.offset))), metadata: found?.metadata ?? '' };
    };
    const [zombie, owner] = [
      await committerOf(group, input, [0n, 1n, 2n], readCommit),
      await committerOf(group, input, [0n, 1n, 2n], readCommit),
    ];
    owner.created.add(0n, [textRecord(output, 'the first, by the owner')]);
    await owner.created.flush();
    // It is refused, takes the partition over again and learns that the first record is processed.
    zombie.created.add(1n, [textRecord(output, 'the second, by the zombie')]);
    await waitFor(() => !zombie.window.isOpen(0n) && !zombie.window.isOpen(1n));
    zombie.created.add(0n, [textRecord(output, 'the first, by the zombie')]);
    zombie.created.add(2n, [textRecord(output, 'the third, by the zombie')]);
    await zombie.created.flush();
    const written = ['the first, by the owner', 'the second, by the zombie', 'the third, by the zombie'];
    expect((await test.readTexts(output, 3)).toSorted()).toEqual(written);
    await test.untilCommitted(group, input, '3');
  });

  it('reads a topic that was deleted and made again from its beginning', async () => {
    const [input, group] = [await test.topic(), randomUUID()];
    const sender = await test.producer();
    const seen: string[] = [];
    await test.transportInGroup(
      input,
      group,
      (batch) => {
        seen.push(...textsOf(batch));
        for (const { offset } of batch.records) batch.ack(offset);
        return Promise.resolve();
      },
      { completion: 'record', transactions: transactions() },
    );
    await sender.send(['a', 'b', 'c', 'd'].map((value) => textRecord(input, value)));
    await test.untilCommitted(group, input, '4');
    await test.makeAnew(input);
    await (await test.producer()).send(['e', 'f'].map((value) => textRecord(input, value)));
    await waitFor(() => seen.includes('f'));
    await test.untilCommitted(group, input, '2');
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

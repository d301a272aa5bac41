import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { BrokerTest, textRecord, textsOf } from '../testing/broker-test.js';
import type { RecordBatch } from './batch-handler.js';

const test = new BrokerTest();

afterEach(() => test.close());

/** A handler that takes whatever comes, and notes its values. */
const noteIn =
  (seen: string[]) =>
  (batch: RecordBatch): Promise<void> => {
    seen.push(...textsOf(batch));
    return Promise.resolve();
  };

describe('a batch transport', () => {
  it('tries a batch again until its handler takes it, and lets nothing past it', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    await sender.send([textRecord(name, 'a'), textRecord(name, 'b')]);
    const seen: string[][] = [];
    let failures = 2;
    await test.transportInGroup(name, randomUUID(), (batch) => {
      seen.push(textsOf(batch));
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
    const name = await test.topic();
    const group = randomUUID();
    const sender = await test.producer();
    await sender.send(['a', 'b', 'c', 'd'].map((value) => textRecord(name, value)));
    const first = await test.transportInGroup(
      name,
      group,
      (batch) => {
        for (const { offset } of batch.records) if (offset === 0n || offset === 2n) batch.ack(offset);
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(async () => (await test.committed(group, name))?.offset === '1');
    expect((await test.committed(group, name))?.metadata).not.toBe('');
    await first.close();

    const seen: string[] = [];
    await test.transportInGroup(
      name,
      group,
      (batch) => {
        seen.push(...textsOf(batch));
        for (const { offset } of batch.records) batch.ack(offset);
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(async () => (await test.committed(group, name))?.offset === '4');
    expect(seen).toEqual(['b', 'd']);
  });

  it('goes on with other partitions while the batch of one cannot be handled, and loses nothing of that one', async () => {
    const name = await test.topic({}, 2);
    const sender = await test.producer();
    const seen: string[] = [];
    let broken = true;
    await test.transportInGroup(name, randomUUID(), (batch) => {
      if (batch.partition === 0 && broken) return Promise.reject(new Error('cannot be handled'));
      seen.push(...textsOf(batch));
      return Promise.resolve();
    });
    const send = (value: string, partition: number) =>
      sender.send([{ ...textRecord(name, value), partition }]);
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
    const name = await test.topic({}, 2);
    const group = randomUUID();
    const sender = await test.producer();
    const taken: string[] = [];
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const options = { completion: 'record', maxInFlightPerPartition: 1 } as const;
    const stayer = await test.transportInGroup(
      name,
      group,
      (batch) => {
        taken.push(...textsOf(batch));
        for (const { offset } of batch.records) open.push({ batch, offset });
        return Promise.resolve();
      },
      options,
    );
    await sender.send([0, 1].map((partition) => ({ ...textRecord(name, `p${partition}`), partition })));
    await waitFor(() => taken.length === 2);
    // Both partitions are full and paused; one goes to the joiner, and comes back when it leaves.
    const joiner = await test.transportInGroup(name, group, () => Promise.resolve(), options);
    await waitFor(() => open.some(({ batch }) => batch.isStale()));
    await joiner.close();
    await waitFor(() => taken.length >= 3);
    for (const { batch, offset } of open) batch.ack(offset);
    await sender.send([0, 1].map((partition) => ({ ...textRecord(name, `q${partition}`), partition })));
    await waitFor(() => {
      for (const { batch, offset } of open) batch.ack(offset);
      return taken.includes('q0') && taken.includes('q1');
    });
    expect(stayer.ready).toBe(true);
  });

  it('takes no more than its window holds until some of it is done', async () => {
    const name = await test.topic({}, 2);
    const sender = await test.producer();
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const receiver = await test.transportInGroup(
      name,
      randomUUID(),
      (batch) => {
        for (const { offset } of batch.records) open.push({ batch, offset });
        return Promise.resolve();
      },
      { completion: 'record', maxInFlightPerPartition: 10 },
    );
    const send = (partition: number, count: number) =>
      sender.send(Array.from({ length: count }, () => ({ ...textRecord(name, 'x'), partition })));
    const taken = (partition: number) => open.filter(({ batch }) => batch.partition === partition).length;
    await send(0, 10);
    await waitFor(() => taken(0) === 10);
    await send(0, 40);
    await send(1, 1);
    await waitFor(() => taken(1) === 1);
    expect(taken(0)).toBe(10);
    expect(receiver.inFlight).toBe(11);
    await waitFor(() => {
      for (const { batch, offset } of open) batch.ack(offset);
      return taken(0) === 50;
    });
  });

  it('keeps what is under way of partitions that stay when another copy joins and leaves', async () => {
    const name = await test.topic({}, 4);
    const group = randomUUID();
    const sender = await test.producer();
    const taken: string[] = [];
    const open: { batch: RecordBatch; offset: bigint }[] = [];
    const hold = (batch: RecordBatch): Promise<void> => {
      taken.push(...textsOf(batch));
      for (const { offset } of batch.records) open.push({ batch, offset });
      return Promise.resolve();
    };
    await test.transportInGroup(name, group, hold, { completion: 'record' });
    await sender.send([0, 1, 2, 3].map((partition) => ({ ...textRecord(name, `p${partition}`), partition })));
    await waitFor(() => taken.length === 4);
    const moved: string[] = [];
    const joiner = await test.transportInGroup(
      name,
      group,
      (batch) => {
        moved.push(...textsOf(batch));
        return Promise.resolve();
      },
      { completion: 'record' },
    );
    await waitFor(() => joiner.ready && moved.length > 0);
    await waitFor(() => open.filter(({ batch }) => batch.isStale()).length === moved.length);
    await sender.send([0, 1, 2, 3].map((partition) => ({ ...textRecord(name, `q${partition}`), partition })));
    await waitFor(
      () => taken.length + moved.length === 8 + moved.filter((value) => value.startsWith('p')).length,
    );
    // Partitions that stayed were not handed over a second time.
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('begins where its truth says, when that is not in Kafka', async () => {
    const name = await test.topic();
    const sender = await test.producer();
    await sender.send(['a', 'b', 'c'].map((value) => textRecord(name, value)));
    const seen: string[] = [];
    await test.transportInGroup(name, randomUUID(), noteIn(seen), {
      startingOffsets: (assigned) => Promise.resolve(assigned.map((each) => ({ ...each, offset: 2n }))),
    });
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual(['c']);
  });

  it('begins where its truth says even when Kafka has a later commit and the answer takes its time', async () => {
    const name = await test.topic();
    const group = randomUUID();
    const sender = await test.producer();
    await sender.send(['a', 'b', 'c'].map((value) => textRecord(name, value)));
    const former = await test.transportInGroup(name, group, () => Promise.resolve());
    await waitFor(async () => (await test.committed(group, name))?.offset === '3');
    await former.close();
    const seen: string[] = [];
    const reader = await test.transportInGroup(name, group, noteIn(seen), {
      startingOffsets: async (assigned) => {
        // Until a record that stands beyond the commit has surely been fetched.
        await sender.send([textRecord(name, 'd')]);
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
    const name = await test.topic({}, 2);
    const sender = await test.producer();
    await sender.send([0, 1].map((partition) => ({ ...textRecord(name, `p${partition}`), partition })));
    const seen: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await test.transportInGroup(name, randomUUID(), noteIn(seen), {
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
    const name = await test.topic({}, 2);
    const group = randomUUID();
    const sender = await test.producer();
    const inBoth = (value: string) => [0, 1].map((partition) => ({ ...textRecord(name, value), partition }));
    await sender.send(['a', 'b', 'c'].flatMap(inBoth));
    const admin = test.kafka.admin();
    await admin.connect();
    test.closeAfter(() => admin.disconnect());
    const partitions = [0, 1].map((partition) => ({ partition, offset: '1' }));
    await admin.setOffsets({ groupId: group, topic: name, partitions });
    const seen: string[] = [];
    await test.transportInGroup(
      name,
      group,
      (batch) => {
        seen.push(...textsOf(batch).map((value) => `${batch.partition}${value}`));
        return Promise.resolve();
      },
      { startingOffsets: () => Promise.resolve([{ topic: name, partition: 0, offset: 2n }]) },
    );
    await waitFor(() => seen.length >= 3);
    expect(seen.toSorted()).toEqual(['0c', '1b', '1c']);
  });
});

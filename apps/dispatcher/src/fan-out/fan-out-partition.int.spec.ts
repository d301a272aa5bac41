import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  type OutgoingRecord,
  readPartition,
  RecordProducer,
  TRANSACTION_RETRY,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import type { Admin, Kafka, Transaction } from 'kafkajs';

import { LEDGER_PARTITIONS, makeLedgerPartitions } from '../testing/ledger-partitions.js';
import { FanOutPartition } from './fan-out-partition.js';
import { encodeEntries, dedupeEntry } from './dedupe-window.js';

const PARTITION = LEDGER_PARTITIONS.fannedOut;
/** Where its deliveries go. */
const OF_DELIVERIES = 1;
const logger = createLogger('fan-out-partition-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let kafka: Kafka;
let transactionalKafka: Kafka;
let admin: Admin;
const opened: FanOutPartition[] = [];

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'partition-test', logger });
  transactionalKafka = createKafka({ brokers, clientId: 'partition-test', logger, retry: TRANSACTION_RETRY });
  await ensureTopics(kafka, topicDefinitions(2), { partitions: 4, replicationFactor: 1 });
  admin = kafka.admin();
  await admin.connect();
  await makeLedgerPartitions(admin);
});

afterEach(async () => {
  for (const owned of opened.splice(0)) await owned.close();
});

afterAll(() => admin.disconnect());

async function open(): Promise<FanOutPartition> {
  const owned = await FanOutPartition.open({ kafka, transactionalKafka, admin }, PARTITION, logger);
  opened.push(owned);
  return owned;
}

const anEntry = (): string => dedupeEntry({ organizationId: 'partition-test', id: randomUUID() });
const nothing: ReadonlyMap<string, number> = new Map();
const only = (entry: string, digest = 7): ReadonlyMap<string, number> => new Map([[entry, digest]]);
const delivery = (value: string): OutgoingRecord => ({
  topic: Topics.deliveries,
  partition: OF_DELIVERIES,
  key: null,
  value: Buffer.from(value),
});
/** What readers of committed records find among the deliveries, up to a mark that is written now. */
async function deliveriesRead(): Promise<string[]> {
  const mark = randomUUID();
  const producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  await producer.send([delivery(mark)]);
  await producer.disconnect();
  const read: string[] = [];
  await readPartition(
    kafka,
    { topic: Topics.deliveries, partition: OF_DELIVERIES, from: 0n },
    ({ value }) => {
      if (String(value) === mark) return 'enough';
      read.push(String(value));
      return 'go-on';
    },
    300_000,
  );
  return read;
}

describe('a partition that is fanned out', () => {
  it('of a former owner that does not know of its end writes nothing, and its successor has what it wrote before', async () => {
    const [before, ofZombie, after] = [anEntry(), anEntry(), anEntry()];
    const written = [randomUUID(), randomUUID(), randomUUID()].map(String);
    const [first = '', second = '', third = ''] = written;
    const zombie = await open();
    await zombie.write([delivery(first)], only(before), 1n);
    const successor = await open();

    // Whichever of its two ids is next.
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(zombie.write([delivery(second)], only(ofZombie), 2n)).rejects.toThrow();
    }
    expect(successor.dedupeWindow.has(before)).toBe(true);
    expect(successor.dedupeWindow.has(ofZombie)).toBe(false);
    expect(successor.nextOffset).toBe(1n);
    await successor.write([delivery(third)], only(after), 2n);
    const read = await deliveriesRead();
    expect(read.filter((value) => written.includes(value))).toEqual([first, third]);
  });

  it('fans out once when its former owner died between any two steps of a transaction', async () => {
    const steps: ((transaction: Transaction, entry: string, value: string) => Promise<unknown>)[] = [
      (transaction, _entry, value) =>
        transaction.send({
          topic: Topics.deliveries,
          messages: [{ value: Buffer.from(value), partition: OF_DELIVERIES }],
        }),
      (transaction, entry) =>
        transaction.send({
          topic: Topics.fanOutLedger,
          messages: [
            { value: encodeEntries([entry]), partition: PARTITION, headers: { 'next-offset': '700' } },
          ],
        }),
      (transaction) => transaction.commit(),
    ];
    for (const transactionalId of [`fan-out-${PARTITION}`, `fan-out-${PARTITION}-alternate`]) {
      for (let died = 0; died <= steps.length; died += 1) {
        const owned = await open();
        await owned.write([], nothing, 600n);
        const entry = anEntry();
        const value: string = randomUUID();
        const victim = transactionalKafka.producer({
          transactionalId,
          idempotent: true,
          maxInFlightRequests: 1,
        });
        await victim.connect();
        const transaction = await victim.transaction();
        for (const step of steps.slice(0, died)) await step(transaction, entry, value);
        await victim.disconnect();

        const successor = await open();
        const committed = died === steps.length;
        expect(successor.dedupeWindow.has(entry)).toBe(committed);
        expect(successor.nextOffset).toBe(committed ? 700n : 600n);
        // What the offset says is not done is fanned out again, unless the ledger knows of it.
        if (!committed) await successor.write([delivery(value)], only(entry), 700n);
        const read = await deliveriesRead();
        expect(read.filter((each) => each === value)).toHaveLength(1);
      }
    }
  });

  it('remembers what its events said, for its successors too; of a release before digests it takes any repeat', async () => {
    const owned = await open();
    const [ours, former] = [anEntry(), anEntry()];
    await owned.write([], only(ours, -5), 750n);
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    await producer.send([
      { topic: Topics.fanOutLedger, partition: PARTITION, key: null, value: encodeEntries([former]) },
    ]);
    await producer.disconnect();
    const { dedupeWindow } = await open();
    expect([dedupeWindow.has(ours), dedupeWindow.has(former)]).toEqual([true, true]);
    expect([-5, 5].map((digest) => dedupeWindow.hasOtherData(ours, digest))).toEqual([false, true]);
    expect(dedupeWindow.hasOtherData(former, 5)).toBe(false);
  });

  it('passes over what is no record of the ledger, and knows what stands before and behind it', async () => {
    const owned = await open();
    const [before, behind] = [anEntry(), anEntry()];
    await owned.write([], only(before), 770n);
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    const foreign = (value: string, headers: Record<string, string> = {}): OutgoingRecord => ({
      topic: Topics.fanOutLedger,
      partition: PARTITION,
      key: null,
      value: Buffer.from(value),
      headers,
    });
    await producer.send([
      foreign('no entries'),
      foreign('', { 'next-offset': 'no number' }),
      foreign('', { 'next-offset': '-1' }),
      foreign('', { 'next-offset': '9', progress: 'half' }),
    ]);
    await producer.disconnect();
    const successor = await open();
    expect(successor.nextOffset).toBe(770n);
    await successor.write([], only(behind), 771n);
    const { dedupeWindow, nextOffset } = await open();
    expect([dedupeWindow.has(before), dedupeWindow.has(behind), nextOffset]).toEqual([true, true, 771n]);
  });

  it('writes nothing when it is told not to proceed, and goes on', async () => {
    const owned = await open();
    await owned.write([], nothing, 800n);
    const entry = anEntry();
    const value: string = randomUUID();
    expect(await owned.write([delivery(value)], only(entry), 801n, Promise.resolve(false))).toBe(false);
    expect(owned.dedupeWindow.has(entry)).toBe(false);
    expect(owned.nextOffset).toBe(800n);
    expect(await owned.write([delivery(value)], only(entry), 801n, Promise.resolve(true))).toBe(true);
    expect((await deliveriesRead()).filter((each) => each === value)).toHaveLength(1);
    expect((await open()).nextOffset).toBe(801n);
  });

  it('knows how far an event has come that is fanned out in parts, until something behind it is written', async () => {
    const owned = await open();
    const progress = { offset: 850n, parts: 3, lastEndpointId: randomUUID() };
    await owned.write([], nothing, progress);
    const successor = await open();
    expect(successor.nextOffset).toBe(850n);
    expect([owned, successor].map((each) => each.progressAt(850n))).toEqual([progress, progress]);
    expect(successor.progressAt(851n)).toBeNull();
    await successor.write([], nothing, 851n);
    expect(successor.progressAt(850n)).toBeNull();
    expect((await open()).progressAt(850n)).toBeNull();
  });

  it('writes its transactions in their order, though they have different ids', async () => {
    const owned = await open();
    const written = Array.from({ length: 40 }, () => randomUUID());
    for (const [index, value] of written.entries()) {
      await owned.write([delivery(value)], only(anEntry()), 900n + BigInt(index));
    }
    const ours = new Set<string>(written);
    expect((await deliveriesRead()).filter((value) => ours.has(value))).toEqual(written);
    expect((await open()).nextOffset).toBe(939n);
  });
});

import { randomUUID } from 'node:crypto';

import { isEndpointsLook, Topics } from '@skillora/contracts';
import { ensureTopics, readPartition, type ReceivedRecord } from '@skillora/kafka';
import { eventually, waitFor } from '@skillora/testing';
import { type Admin, ConfigResourceTypes } from 'kafkajs';

import { flushed, outboxRow, RelayScene } from './testing/relay-scene.js';

const PARTITIONS = [0, 1, 2];
/** Only a topic from which nothing comes takes so long. */
const READ_LIMIT_MS = 300_000;

let scene: RelayScene;
let admin: Admin;

beforeAll(async () => {
  scene = await RelayScene.set();
  admin = scene.kafka.admin();
  await admin.connect();
});

afterEach(() => scene.closeRelays());

afterAll(async () => {
  await admin.disconnect();
  await scene.clear();
});

/** The ends of the partitions of a topic now, in their order. */
async function endsOf(topic: string): Promise<bigint[]> {
  let offsets: Awaited<ReturnType<Admin['fetchTopicOffsets']>> = [];
  // A partition that was just added has no leader for a moment.
  await eventually(async () => void (offsets = await admin.fetchTopicOffsets(topic)));
  return offsets.toSorted((one, other) => one.partition - other.partition).map(({ high }) => BigInt(high));
}

async function recordsOf(topic: string, partition: number, from: bigint, until: bigint) {
  const records: ReceivedRecord[] = [];
  const take = (record: ReceivedRecord): 'go-on' => {
    records.push(record);
    return 'go-on';
  };
  await readPartition(scene.kafka, { topic, partition, from, until }, take, READ_LIMIT_MS);
  return records;
}

/** How many looks each partition of the events has got since its end was this. */
async function looksSince(from: readonly bigint[]): Promise<number[]> {
  const until = await endsOf(Topics.events);
  return Promise.all(
    PARTITIONS.map(async (partition) => {
      const records = await recordsOf(Topics.events, partition, from[partition]!, until[partition]!);
      return records.filter(({ headers }) => isEndpointsLook(headers)).length;
    }),
  );
}

/** Limits the size of records among the events. */
async function limitEvents(value: string): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value }];
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: Topics.events, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
}

describe('a pass of the relay', () => {
  it('writes one look to each partition of the events, however many endpoints have changed', async () => {
    const before = await endsOf(Topics.events);
    await scene.store(Array.from({ length: 250 }, () => outboxRow(Topics.endpoints, randomUUID())));
    await flushed(scene.relay());
    expect(await looksSince(before)).toEqual([1, 1, 1]);
    expect(await scene.topicsLeft()).toEqual([]);
  });

  it('writes none if no endpoint has changed', async () => {
    const before = await endsOf(Topics.events);
    const topics = [Topics.manualRetries, Topics.deliveries, Topics.apiTokens];
    await scene.store(topics.map((topic) => outboxRow(topic, randomUUID())));
    await flushed(scene.relay());
    expect(await looksSince(before)).toEqual([0, 0, 0]);
  });

  it('writes the looks before the rows are deleted, so an instance that ends between leaves them to another one', async () => {
    const before = await endsOf(Topics.events);
    await scene.store([outboxRow(Topics.endpoints, randomUUID())]);
    await expect(scene.relay({ source: scene.dyingBeforeDeletion() }).flush()).rejects.toThrow();
    // The answer may be late; the pass goes on.
    await eventually(async () => expect(await looksSince(before)).toEqual([1, 1, 1]));
    expect(await scene.topicsLeft()).toEqual([Topics.endpoints]);
    await flushed(scene.relay());
    expect(await looksSince(before)).toEqual([2, 2, 2]);
    expect(await scene.topicsLeft()).toEqual([]);
  });

  it('writes no look before the states are acknowledged', async () => {
    const before = await endsOf(Topics.events);
    await scene.store([outboxRow(Topics.endpoints, randomUUID())]);
    const producer = { send: () => Promise.reject(new Error('no broker takes the state')) };
    await expect(scene.relay({ producer }).flush()).rejects.toThrow();
    expect(await looksSince(before)).toEqual([0, 0, 0]);
    await flushed(scene.relay());
  });

  it('without its looks leaves the changes of endpoints, and nothing else, until the events can be written', async () => {
    const before = await endsOf(Topics.events);
    const topics = [Topics.endpoints, Topics.apiTokens, Topics.endpoints, Topics.manualRetries];
    await scene.store(topics.map((topic) => outboxRow(topic, randomUUID())));
    const relay = scene.relay();
    await limitEvents('50');
    // The brokers hear of the limit a moment later.
    await waitFor(async () => {
      const isAnswered = await relay.flush().then(
        () => true,
        () => false,
      );
      if (isAnswered) await scene.store([outboxRow(Topics.endpoints, '')]);
      const left = await scene.topicsLeft();
      return !isAnswered && left.length > 0 && left.every((topic) => topic === Topics.endpoints);
    }, 'an answer that the change is not in effect');
    await limitEvents('1048576');
    await eventually(() => relay.flush());
    expect(await scene.topicsLeft()).toEqual([]);
    expect(Math.min(...(await looksSince(before)))).toBeGreaterThanOrEqual(1);
  });
});

describe('a change of an endpoint', () => {
  it('is answered when each partition of the events has a look behind its state, whichever instance moved its row', async () => {
    const relays = [scene.relay(), scene.relay(), scene.relay()];
    const from = await endsOf(Topics.events);
    const [statesFrom = 0n] = await endsOf(Topics.endpoints);
    const answered = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const id: string = randomUUID();
        await scene.store([outboxRow(Topics.endpoints, id)]);
        await flushed(relays[index % relays.length]!);
        return { id, ends: await endsOf(Topics.events) };
      }),
    );
    const until = await endsOf(Topics.events);
    const looks = await Promise.all(
      PARTITIONS.map(async (each) => {
        const records = await recordsOf(Topics.events, each, from[each]!, until[each]!);
        return records.filter(({ headers }) => isEndpointsLook(headers));
      }),
    );
    const [statesUntil = 0n] = await endsOf(Topics.endpoints);
    const states = await recordsOf(Topics.endpoints, 0, statesFrom, statesUntil);
    for (const { id, ends } of answered) {
      const state = states.find(({ value }) => String(value) === id);
      for (const partition of PARTITIONS) {
        const behind = looks[partition]!.filter(
          ({ timestamp, offset }) => timestamp >= state!.timestamp && offset < ends[partition]!,
        );
        expect(behind.length).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it('has looks in partitions that were added while the service runs', async () => {
    const topic = `looked-at-${randomUUID()}`;
    const layout = { partitions: 1, replicationFactor: 1 };
    await ensureTopics(scene.kafka, [{ name: topic, partitions: 'spread', config: {} }], layout);
    const looks = scene.looks(topic);
    const relay = scene.relay({ looks });
    await scene.store([outboxRow(Topics.endpoints, randomUUID())]);
    await flushed(relay);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await waitFor(async () => (await endsOf(topic)).length === 3, 'the new partitions');
    const before = await endsOf(topic);
    await scene.store([outboxRow(Topics.endpoints, randomUUID())]);
    await flushed(relay);
    const after = await endsOf(topic);
    expect(after.map((end, index) => end > before[index]!)).toEqual([true, true, true]);
  });
});

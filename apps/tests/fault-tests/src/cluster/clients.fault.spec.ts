import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type ClusterNode, EmbeddedCluster } from '@skillora/engines';
import {
  createKafka,
  type OutgoingRecord,
  readPartition,
  RecordProducer,
  TRANSACTION_RETRY,
  TransactionalProducer,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { untilItHolds } from '@skillora/testing';
import type { Consumer, Kafka } from 'kafkajs';

import { failedOver, type Leaders, leadersAt, moveLeaders } from './broker-leaders.js';

const PARTITIONS = 6;
/** Every batch has records for every partition, so for every leader. */
const BATCH = 2 * PARTITIONS;
const MOVES = 2;
const READ_LIMIT_MS = 60_000;

describe('a client of three brokers', () => {
  const logger = createLogger('clients', 'silent');
  let folder: string;
  let cluster: EmbeddedCluster;
  let kafka: Kafka;
  let topics = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skillora-clients-'));
    cluster = await EmbeddedCluster.start({ dataDir: folder });
    kafka = createKafka({ brokers: cluster.brokers, clientId: 'clients', logger });
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('writes each record once while leaders move and one of them dies', async () => {
    const topic = await madeTopic();
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    const write = (records: OutgoingRecord[]): Promise<void> => producer.send(records);
    const written = await writing(topic, write, async () => {
      await leadersMove();
      await oneDies();
    });
    await producer.disconnect();
    expect(await countsIn(topic)).toEqual(new Map(written.map((name) => [name, 1])));
  });

  it('writes each record of a transaction once while leaders move and one of them dies', async () => {
    const topic = await madeTopic();
    const producer = transactionalProducer(`once-${topic}`);
    const committed: string[] = [];
    const write = async (records: OutgoingRecord[]): Promise<void> => {
      // What is refused is aborted and counts for nothing; what is said to be written is.
      const done = await producer.write(records).catch(() => false);
      if (done) committed.push(...records.map(({ key }) => String(key)));
    };
    await writing(topic, write, async () => {
      await leadersMove();
      await oneDies();
    });
    await producer.disconnect();
    const counts = await countsIn(topic);
    expect(committed.length).toBeGreaterThan(0);
    expect(committed.filter((name) => counts.get(name) !== 1)).toEqual([]);
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('stays the same member of its group while coordinators and leaders move', async () => {
    const topic = await madeTopic();
    const { consumer, joins, read } = await reading(topic);
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    const written = await writing(topic, (records) => producer.send(records), leadersMove);
    await until(() => written.every((name) => read.has(name)));
    await producer.disconnect();
    await consumer.disconnect();
    expect(joins).toHaveLength(1);
  });

  it('stays a member, and commits, when its coordinator was killed and does not come back', async () => {
    const topic = await madeTopic();
    const { consumer, joins, beats, groupId } = await reading(topic);
    const coordinator = await groupCoordinatorOf(groupId);
    await coordinator.kill();
    await failedOver(cluster, coordinator);
    const since = beats.length;
    await until(() => beats.length > since + 2);
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    await consumer.disconnect();
    await coordinator.start();
    expect(joins).toHaveLength(1);
  });

  it('writes on soon after a broker that stands still has left the cluster, also the only one it has asked so far', async () => {
    const topic = await madeTopic();
    const [node] = cluster.nodes as [ClusterNode];
    const asksOne = createKafka({ brokers: cluster.brokers.slice(0, 1), clientId: 'asks-one', logger });
    const producer = new RecordProducer(asksOne, { logger });
    await producer.connect();
    node.freeze();
    const sent = producer.send(batch(topic, 0));
    const failover = await failedOver(cluster, node);
    const began = Date.now();
    await sent;
    const waited = Date.now() - began;
    node.thaw();
    await producer.disconnect();
    process.stdout.write(`the brokers took ${failover} ms, the client ${waited} ms more\n`);
    // kafkajs itself waits 30 s for each answer.
    expect(waited).toBeLessThan(15_000);
  });

  it('commits soon after the coordinator of its transaction stands still, though the leader it writes to has asked that one', async () => {
    const topic = await madeTopic();
    const producer = transactionalProducer(`frozen-${topic}`);
    await producer.connect();
    const leaders = await leadersAt(cluster.nodes[0] as ClusterNode);
    const coordinator = coordinatorOf(producer.transactionalId, '__transaction_state', leaders);
    const elsewhere = batch(topic, 0).filter(
      ({ partition }) => leaders.get(`${topic}/${partition}`) !== coordinator.id,
    );
    // It has taken the partitions into the transaction, and will not say so to the leaders, which ask it next.
    const freezing = onceItHasAddedPartitions(() => coordinator.freeze());
    const committed = producer.write(elsewhere);
    const failover = await freezing.then(() => failedOver(cluster, coordinator));
    const began = Date.now();
    expect(await committed).toBe(true);
    const waited = Date.now() - began;
    coordinator.thaw();
    await producer.disconnect();
    process.stdout.write(`the brokers took ${failover} ms, the transaction ${waited} ms more\n`);
    expect(await countsIn(topic)).toEqual(new Map(elsewhere.map(({ key }) => [key, 1])));
    // The leaders wait 30 s from the beginning, of which failing over takes some 10 s.
    expect(waited).toBeLessThan(10_000);
  });

  function transactionalProducer(transactionalId: string): TransactionalProducer {
    const transactional = createKafka({
      brokers: cluster.brokers,
      clientId: 'transactions',
      logger,
      retry: TRANSACTION_RETRY,
    });
    return new TransactionalProducer(transactional, transactionalId, logger);
  }

  async function madeTopic(): Promise<string> {
    topics += 1;
    const topic = `clients-${topics}`;
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: cluster.nodes.length }],
      // kafkajs takes it for an error when a broker has not heard of the topic yet.
      waitForLeaders: false,
    });
    await admin.disconnect();
    await until(async () => {
      const known = await Promise.all(cluster.nodes.map((node) => leadersAt(node).catch(() => null)));
      return known.every((leaders) => leaders?.has(`${topic}/${PARTITIONS - 1}`));
    });
    return topic;
  }

  async function leadersMove(): Promise<void> {
    for (let move = 0; move < MOVES; move += 1) {
      await moveLeaders(cluster);
      await delay(500);
    }
  }

  /** The requests to the others wait for it, as a replica, while those to it fail at once. */
  async function oneDies(): Promise<void> {
    const [node] = cluster.nodes as [ClusterNode];
    await node.kill();
    await failedOver(cluster, node);
    await node.start();
  }

  /** Writes batch after batch until something has happened. @returns the names of all records. */
  async function writing(
    topic: string,
    write: (records: OutgoingRecord[]) => Promise<unknown>,
    something: () => Promise<void>,
  ): Promise<string[]> {
    let happening = true;
    const happened = something().finally(() => (happening = false));
    const names: string[] = [];
    for (let number = 0; happening; number += 1) {
      const records = batch(topic, number);
      await write(records);
      names.push(...records.map(({ key }) => String(key)));
    }
    await happened;
    return names;
  }

  function batch(topic: string, number: number): OutgoingRecord[] {
    return Array.from({ length: BATCH }, (_, index) => ({
      topic,
      key: `${number}/${index}`,
      value: Buffer.from('{}'),
      partition: index % PARTITIONS,
    }));
  }

  /** How often each record was written, by name. */
  async function countsIn(topic: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const last = `the end of ${topic}`;
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await producer.send([{ topic, key: last, value: null, partition }]);
      const range = { topic, partition, from: 0n };
      await readPartition(
        kafka,
        range,
        ({ key }) => {
          if (key === last) return 'enough';
          counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);
          return 'go-on';
        },
        READ_LIMIT_MS,
      );
    }
    await producer.disconnect();
    return counts;
  }

  async function reading(topic: string): Promise<{
    consumer: Consumer;
    groupId: string;
    joins: unknown[];
    beats: unknown[];
    read: ReadonlySet<string>;
  }> {
    const groupId = `readers-of-${topic}`;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 30_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 250,
    });
    const [joins, beats, read] = [[] as unknown[], [] as unknown[], new Set<string>()];
    consumer.on(consumer.events.GROUP_JOIN, (event) => void joins.push(event));
    consumer.on(consumer.events.HEARTBEAT, (event) => void beats.push(event));
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message }) => {
        read.add(String(message.key));
        return Promise.resolve();
      },
    });
    await until(() => beats.length > 0);
    return { consumer, groupId, joins, beats, read };
  }

  async function groupCoordinatorOf(groupId: string): Promise<ClusterNode> {
    return coordinatorOf(groupId, '__consumer_offsets', await leadersAt(cluster.nodes[0] as ClusterNode));
  }

  /** Kafka puts a name into the partition of its internal topic that the hash of the name says, as Java hashes. */
  function coordinatorOf(name: string, internalTopic: string, leaders: Leaders): ClusterNode {
    const partitions = [...leaders.keys()].filter((place) => place.startsWith(`${internalTopic}/`)).length;
    let hash = 0;
    for (const letter of name) hash = (Math.imul(31, hash) + letter.charCodeAt(0)) | 0;
    return cluster.node(leaders.get(`${internalTopic}/${(hash & 0x7fff_ffff) % partitions}`) ?? Number.NaN);
  }
});

const until = (holds: () => boolean | Promise<boolean>): Promise<void> =>
  untilItHolds(holds.toString(), holds, { stillMs: READ_LIMIT_MS, everyMs: 50 });

/** Does something at the moment when a coordinator has answered that partitions are part of a transaction now. */
function onceItHasAddedPartitions(something: () => void): Promise<void> {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker/index.js') as {
    prototype: { addPartitionsToTxn: (request: unknown) => Promise<unknown> };
  };
  const { addPartitionsToTxn } = prototype;
  return new Promise((resolve) => {
    prototype.addPartitionsToTxn = async function (request) {
      const answer = await addPartitionsToTxn.call(this, request);
      prototype.addPartitionsToTxn = addPartitionsToTxn;
      something();
      resolve();
      return answer;
    };
  });
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@skillora/testing';
import { Kafka, logLevel } from 'kafkajs';

import { type RunningBroker, startEmbeddedBroker } from './embedded-broker.js';
import { freePort } from './free-port.js';
import { isRunning, type RecordedProcess, readPidFile } from './pid-file.js';

describe('the embedded broker', () => {
  let dataDir: string;
  let port: number;
  let broker: RunningBroker;

  const client = (): Kafka =>
    new Kafka({
      brokers: broker.brokers,
      clientId: 'spec',
      logLevel: logLevel.NOTHING,
      retry: { retries: 20, maxRetryTime: 500 },
    });
  const recorded = (): RecordedProcess => readPidFile(join(dataDir, 'broker.pid'))!;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'skillora-broker-'));
    port = await freePort();
    broker = await startEmbeddedBroker({ dataDir, port });
  });

  afterAll(async () => {
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function createTopic(topic: string): Promise<void> {
    const admin = client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    // The broker hears of it after the controller has answered.
    await eventually(async () => {
      await admin.fetchTopicMetadata({ topics: [topic] });
    });
    await admin.disconnect();
  }

  async function readOne(topic: string, groupId: string): Promise<string | undefined> {
    const consumer = client().consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const value = await new Promise<string | undefined>((resolve, reject) => {
      consumer
        .run({
          eachMessage: ({ message }) => {
            resolve(message.value?.toString());
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return value;
  }

  it('listens on loopback only', async () => {
    const properties = await readFile(join(dataDir, 'server.properties'), 'utf8');
    expect(properties).toMatch(
      new RegExp(`^listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:`, 'm'),
    );
  });

  it('keeps an acknowledged record through kill -9, and tells that it ended', async () => {
    await createTopic('kept');
    const producer = client().producer({ idempotent: true });
    await producer.connect();
    await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'still here' }] });
    await producer.disconnect();
    const exit = new Promise((resolve) => broker.onExit(resolve));

    await broker.kill();
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
    await broker.start();

    expect(await readOne('kept', 'kept-readers')).toBe('still here');
  });

  it('takes transactions, and shows a reader what was committed alone', async () => {
    await createTopic('transactional');
    const producer = client().producer({ transactionalId: 'spec', maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({ topic: 'transactional', messages: [{ value: 'aborted' }] });
    await aborted.abort();
    const committed = await producer.transaction();
    await committed.send({ topic: 'transactional', messages: [{ value: 'committed' }] });
    await committed.commit();
    await producer.disconnect();

    expect(await readOne('transactional', 'transactional-readers')).toBe('committed');
  });

  it('refuses topics that nobody created', async () => {
    const producer = new Kafka({
      brokers: broker.brokers,
      logLevel: logLevel.NOTHING,
      retry: { retries: 1 },
    }).producer();
    await producer.connect();
    await expect(producer.send({ topic: 'never-created', messages: [{ value: '' }] })).rejects.toThrow(
      /does not host this topic-partition/,
    );
    await producer.disconnect();
  });

  it('takes over the data of a broker that an earlier run left behind, ending it first', async () => {
    const left = recorded();

    const next = await startEmbeddedBroker({ dataDir, port });

    expect(isRunning(left)).toBe(false);
    expect(await readOne('kept', 'later-readers')).toBe('still here');
    await next.stop();
    await broker.start();
  });

  it('leaves no process and no pid file when stopped', async () => {
    const running = recorded();
    expect(isRunning(running)).toBe(true);

    await broker.stop();

    expect(isRunning(running)).toBe(false);
    expect(readPidFile(join(dataDir, 'broker.pid'))).toBeNull();
  });
});

import { randomUUID } from 'node:crypto';

import {
  type CanonicalEvent,
  canonicalEventSchema,
  endpointsLookSchema,
  type EndpointState,
  fanOutReportSchema,
  recordHeaders,
  topicDefinitions,
  Topics,
} from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  readPartition,
  type ReceivedRecord,
  type RecordBatch,
  TRANSACTION_RETRY,
} from '@skillora/kafka';
import { createLogger, NO_TRACER } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';
import { register } from 'prom-client';

import type { EndpointTable } from '../endpoints/endpoint-table.js';
import type { DispatcherSettings } from '../settings.js';
import { LEDGER_PARTITIONS, makeLedgerPartitions } from '../testing/ledger-partitions.js';
import { FAN_OUT_GROUP, FanOutController } from './fan-out.controller.js';
import { FanOutPartitions } from './fan-out-partitions.js';
import { FanOutTelemetry } from './fan-out-telemetry.js';
import { dedupeEntry } from './dedupe-window.js';

const PARTITION = LEDGER_PARTITIONS.parts;
const ENDPOINTS = 100;
const BODY_BYTES = 200 * 1_024;
const logger = createLogger('fan-out-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let kafka: Kafka;
let transactional: Kafka;
let admin: Admin;
let organizationId: string;

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'fan-out-test', logger });
  transactional = createKafka({ brokers, clientId: 'fan-out-test', logger, retry: TRANSACTION_RETRY });
  await ensureTopics(kafka, topicDefinitions(2), { partitions: 4, replicationFactor: 1 });
  admin = kafka.admin();
  await admin.connect();
  await makeLedgerPartitions(admin);
});

beforeEach(() => {
  organizationId = randomUUID();
});

afterAll(() => admin.disconnect());

const endpoint = (): EndpointState => ({
  id: randomUUID(),
  organizationId,
  version: 1,
  url: 'https://receiver.example/hook',
  events: ['interview_completed'],
  isActive: true,
  sealedSecret: '',
});

function tableOf(endpoints: readonly EndpointState[]): EndpointTable {
  const table: Pick<EndpointTable, 'caughtUp' | 'revision' | 'get' | 'subscribers'> = {
    revision: 1,
    caughtUp: () => Promise.resolve(),
    get: (id) => endpoints.find((each) => each.id === id),
    subscribers: () => endpoints,
  };
  return table as EndpointTable;
}

function anEvent(bytes: number): CanonicalEvent {
  return {
    id: randomUUID(),
    organizationId,
    eventType: 'interview_completed',
    source: '/interviews',
    sourceId: randomUUID(),
    occurredAt: new Date().toISOString(),
    acceptedAt: new Date().toISOString(),
    body: `{"event":"interview.completed","data":"${'x'.repeat(bytes)}"}`,
  };
}

/** A look among the events. */
const lookAt = (offset: bigint): ReceivedRecord => ({
  ...recordOf(anEvent(10), offset),
  value: endpointsLookSchema.encode({ writtenAt: new Date().toISOString() }),
  headers: recordHeaders(endpointsLookSchema),
});

const recordOf = (event: CanonicalEvent, offset: bigint): ReceivedRecord => ({
  key: null,
  rawKey: null,
  value: canonicalEventSchema.encode(event),
  headers: {},
  rawHeaders: {},
  headerList: [],
  offset,
  timestamp: Date.now(),
});

/**
 * A dispatcher that takes the partition over and hears after some transactions that it is another's now.
 * @returns whether it came to the end of the records.
 */
async function fanOut(
  records: readonly ReceivedRecord[],
  endpoints: readonly EndpointState[],
  transactions = Infinity,
): Promise<boolean> {
  register.clear();
  const partitions = new FanOutPartitions(kafka, transactional, logger);
  let looks = 0;
  const batch: RecordBatch = {
    topic: Topics.events,
    partition: PARTITION,
    records,
    ack: () => undefined,
    pauseAt: () => undefined,
    giveUp: () => undefined,
    isStale: () => (looks += 1) > transactions,
  };
  const settings = { namesLargeBodies: false } as DispatcherSettings;
  const telemetry = new FanOutTelemetry(FAN_OUT_GROUP, logger, NO_TRACER);
  const controller = new FanOutController(logger, telemetry, settings, tableOf(endpoints), partitions);
  await controller.onEvents(batch);
  await partitions.onApplicationShutdown();
  return looks <= transactions;
}

/**
 * What readers of committed records find in a topic; of other tests too, and some of it is not readable on
 * purpose.
 */
async function written(topic: string): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
    // The last offsets may be markers of transactions and records of aborted ones, which nobody gets to see.
    await readPartition(
      kafka,
      { topic, partition, from: 0n, until: BigInt(high) },
      (record) => {
        records.push(record);
        return 'go-on';
      },
      300_000,
    );
  }
  return records;
}

/**
 * Resolves when the markers of all transactions of the partition are written, which Kafka does after it has
 * answered a commit: a new owner of the transactional ids waits for them.
 */
async function transactionsHaveEnded(): Promise<void> {
  const partitions = new FanOutPartitions(kafka, transactional, logger);
  await partitions.of(PARTITION);
  await partitions.onApplicationShutdown();
}

async function deliveredTo(endpoints: readonly EndpointState[]): Promise<string[]> {
  await transactionsHaveEnded();
  const ours = new Set(endpoints.map(({ id }) => id));
  return (await written(Topics.deliveries)).flatMap(({ key }) =>
    key !== null && ours.has(key) ? [key] : [],
  );
}

describe('the fan-out of an event whose deliveries do not fit into one transaction', () => {
  it('goes on where it was when its dispatcher is replaced after each part, and makes every delivery once', async () => {
    const all = Array.from({ length: ENDPOINTS }, endpoint).sort((a, b) => (a.id < b.id ? -1 : 1));
    const staying = all.filter((_, index) => index % 10 !== 0);
    const large = anEvent(BODY_BYTES);
    const behind = anEvent(10);
    const records = [recordOf(large, 5n), recordOf(behind, 6n)];
    let takeovers = 0;
    // Some endpoints go before the second dispatcher has its turn.
    while (!(await fanOut(records, takeovers === 0 ? all : staying, 1))) takeovers += 1;

    const made = await deliveredTo(all);
    // 40 of them fit into 8 MiB: three parts. The event behind goes with the last.
    expect(takeovers).toBe(2);
    for (const { id } of staying) expect(made.filter((each) => each === id)).toHaveLength(2);
    for (const { id } of all) expect(made.filter((each) => each === id).length).toBeLessThanOrEqual(2);

    const reports = (await written(Topics.fanOuts))
      .filter(({ key }) => key === organizationId)
      .flatMap(({ value }) => fanOutReportSchema.decode(value ?? Buffer.alloc(0)).events);
    const parts = reports.filter(({ id }) => id === large.id);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index));
    expect(
      [...parts, ...reports.filter(({ id }) => id === behind.id)].flatMap((each) => each.endpointIds).sort(),
    ).toEqual(made.sort());
  });

  it('is known as fanned out once its last part is written, and not before', async () => {
    const endpoints = Array.from({ length: ENDPOINTS }, endpoint);
    const event = anEvent(BODY_BYTES);
    const records = [recordOf(event, 50n)];
    const isKnown = async (): Promise<boolean> => {
      const partitions = new FanOutPartitions(kafka, transactional, logger);
      const { dedupeWindow } = await partitions.of(PARTITION);
      await partitions.onApplicationShutdown();
      return dedupeWindow.has(dedupeEntry(event));
    };
    expect(await fanOut(records, endpoints, 1)).toBe(false);
    expect(await isKnown()).toBe(false);
    expect(await fanOut(records, endpoints)).toBe(true);
    expect(await isKnown()).toBe(true);
    // A repeat goes nowhere.
    expect(await fanOut([recordOf(event, 51n)], endpoints)).toBe(true);
    expect((await deliveredTo(endpoints)).sort()).toEqual(endpoints.map(({ id }) => id).sort());
  });
});

describe('a look among the events', () => {
  it('is passed over: nothing is made of it, put aside or counted', async () => {
    const endpoints = [endpoint()];
    const [before, behind] = [anEvent(10), anEvent(10)];
    const refused = async (): Promise<number> => (await written(Topics.deadLetter)).length;
    const refusedBefore = await refused();
    const records = [lookAt(60n), recordOf(before, 61n), lookAt(62n), recordOf(behind, 63n), lookAt(64n)];

    expect(await fanOut(records, endpoints)).toBe(true);

    const partitions = new FanOutPartitions(kafka, transactional, logger);
    const { nextOffset } = await partitions.of(PARTITION);
    await partitions.onApplicationShutdown();
    expect(nextOffset).toBe(65n);
    expect(await deliveredTo(endpoints)).toHaveLength(2);
    expect(await refused()).toBe(refusedBefore);
    const counted = await register.getSingleMetric('webhook_fan_out_events_total')?.get();
    expect(
      Object.fromEntries(counted?.values.map(({ labels, value }) => [labels['outcome'], value]) ?? []),
    ).toEqual({
      fanned_out: 2,
      repeated: 0,
      conflicting: 0,
      not_an_event: 0,
    });
  });
});

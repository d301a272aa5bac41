import { randomUUID } from 'node:crypto';

import {
  canonicalEventSchema,
  type EndpointState,
  fanOutReportSchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord, RecordBatch } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';

import type { BatchedRecord } from '../batched-record.js';
import type { ReadDelivery } from '../deliver/deliver-ports.js';
import { DedupeWindow } from '../fan-out/dedupe-window.js';
import { anyEvent } from '../testing/any-event.js';
import { Holdings } from './holdings.js';
import { UnitHost } from './unit-host.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const endpoint = { id: randomUUID(), organizationId: 'o', version: 3, isActive: true } as EndpointState;

/** A unit whose ledger takes everything but what is refused. */
async function aUnit(
  holdings = { deliveries: 100, bytes: 100_000 },
  { refused = '', endpoints = [endpoint] } = {},
) {
  const written: OutgoingRecord[] = [];
  const delivered: ReadDelivery<BatchedRecord>[] = [];
  const resumed: string[] = [];
  let host: UnitHost | null = null;
  let isClosed = false;
  const taken = { dedupeWindow: new DedupeWindow(), positions: new Map(), told: new Map() };
  const opened = await UnitHost.open(
    4,
    [Topics.events, Topics.deliveries],
    {
      committed: () => Promise.resolve(new Map([[Topics.deliveries, { offset: 9n, metadata: '' }]])),
      wrote: () => undefined,
      resume: (topic) => void resumed.push(topic),
      lost: () => undefined,
    },
    {
      clock: {
        now: () => 0,
        monotonic: () => 0,
        after: (ms, act) => {
          if (ms === 0) queueMicrotask(act);
          return () => undefined;
        },
      },
      endpoints: {
        get: () => endpoint,
        subscribers: () => endpoints,
        caughtUp: () => Promise.resolve(),
      },
      holdings: new Holdings(holdings),
      backlog: () => ({ waiting: 0, begunLately: 0, atOnce: 1 }),
      logger: createLogger('unit-test', 'silent'),
      openLedger: () =>
        Promise.resolve({
          writer: randomUUID(),
          taken,
          write: (_record, outgoing) => {
            if (refused && outgoing.some(({ value }) => String(value) === refused)) {
              const error = { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' };
              return Promise.reject(Object.assign(new Error('too large'), error));
            }
            written.push(...outgoing);
            return Promise.resolve();
          },
          reopen: () => Promise.resolve([]),
          close: () => {
            isClosed = true;
            return Promise.resolve();
          },
        }),
      deliver: (read) => void delivered.push(read),
      hasRoom: () => host?.resume(),
      gaveUp: () => undefined,
    },
  );
  host = opened;
  let offset = 0n;
  const recordOf = (value: Buffer): ReceivedRecord => ({
    key: 'o',
    rawKey: null,
    value,
    headers: { ...recordHeaders(canonicalEventSchema), traceparent: TRACE },
    rawHeaders: {},
    headerList: [],
    offset: offset++,
    timestamp: 0,
  });
  return {
    host: opened,
    written,
    delivered,
    resumed,
    isClosed: () => isClosed,
    /** Offers records as the transport does. @returns the offset at which the host wants to pause. */
    offer: async (...values: Buffer[]): Promise<bigint | null> => {
      const window = opened.window(Topics.events);
      const records = values.map(recordOf).filter((record) => window.take(record.offset));
      let paused: bigint | null = null as bigint | null;
      const batch: Partial<RecordBatch> = { records, pauseAt: (at) => (paused = at) };
      await opened.take(batch as RecordBatch);
      return paused;
    },
  };
}

const encoded = (named: Parameters<typeof anyEvent>[0]) => canonicalEventSchema.encode(anyEvent(named));

describe('a unit of this instance', () => {
  it('begins where its ledger says, and where the group says in topics that the ledger does not know', async () => {
    const { host } = await aUnit();
    expect(host.window(Topics.deliveries).next).toBe(9n);
    expect(host.window(Topics.events).next).toBe(0n);
  });

  it('delivers an event with its trace, and writes its report with what the delivery ended with', async () => {
    const { host, delivered, written, offer } = await aUnit();
    expect(await offer(encoded({ organizationId: 'o' }))).toBeNull();
    const [read] = delivered;
    expect(read).toMatchObject({ partition: 4, delivery: { endpointId: endpoint.id, endpointVersion: 3 } });
    expect(read?.record.record.headers).toMatchObject({ traceparent: TRACE });
    const result = { topic: Topics.deliveryResults, key: 'd', value: Buffer.from('result') };
    read?.record.batch.ack(0n, [result]);
    await host.flush();
    expect(written.map(({ topic }) => topic)).toEqual([Topics.deliveryResults, Topics.fanOuts]);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('has the transport offer again what it has no room for, and says when there is room', async () => {
    const { host, delivered, resumed, offer } = await aUnit({ deliveries: 1, bytes: 100_000 });
    expect(await offer(encoded({ organizationId: 'o' }), encoded({ organizationId: 'o' }))).toBe(1n);
    expect(delivered).toHaveLength(1);
    delivered[0]?.record.batch.ack(0n, []);
    expect(resumed).toEqual([]);
    await host.flush();
    expect(resumed).toContain(Topics.events);
  });

  it('puts aside what is no event or repeats one with other data, and reports repeats without deliveries', async () => {
    const { host, delivered, written, offer } = await aUnit();
    const event = anyEvent({ organizationId: 'o' });
    const other = { ...event, body: '{"event":"interview.completed","data":{"id":"other"}}' };
    await offer(...[event, event, other].map((each) => canonicalEventSchema.encode(each)), Buffer.from('no'));
    expect(delivered).toHaveLength(1);
    delivered[0]?.record.batch.ack(0n, []);
    await host.flush();
    const topics = written.map(({ topic }) => topic);
    expect(topics).toContain(Topics.deadLetter);
    expect(topics.filter((topic) => topic === Topics.interviewCompletionsDeadLetter)).toHaveLength(1);
    const reports = written.filter(({ topic }) => topic === Topics.fanOuts);
    const told = reports.flatMap(({ value }) => fanOutReportSchema.decode(value!).events);
    expect(told.map(({ deliveryIds }) => deliveryIds.length).toSorted()).toEqual([0, 0, 1]);
  });

  it('takes the first end of a delivery, and no other, whether that is written or not', async () => {
    const endpoints = [endpoint, { ...endpoint, id: randomUUID() }];
    const { host, delivered, written, offer } = await aUnit(undefined, { endpoints });
    await offer(encoded({ organizationId: 'o' }));
    const say = (at: number, result: string): void =>
      delivered[at]?.record.batch.ack(0n, [
        { topic: Topics.deliveryResults, key: 'd', value: Buffer.from(result) },
      ]);
    say(0, 'first');
    say(0, 'second');
    await host.flush();
    say(0, 'third');
    await host.flush();
    expect(host.window(Topics.events).inFlight).toBe(1);
    say(1, 'of the other endpoint');
    await host.flush();
    say(1, 'too late');
    await host.flush();
    const results = written.filter(({ topic }) => topic === Topics.deliveryResults);
    expect(results.map(({ value }) => String(value))).toEqual(['first', 'of the other endpoint']);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('puts a delivery aside whose records Kafka refuses for good, and writes the others', async () => {
    const { host, delivered, written, offer } = await aUnit(undefined, { refused: 'refused' });
    await offer(...['a', 'b', 'c'].map(() => encoded({ organizationId: 'o' })));
    for (const [at, result] of ['fine', 'refused', 'as fine'].entries())
      delivered[at]?.record.batch.ack(0n, [
        { topic: Topics.deliveryResults, key: 'd', value: Buffer.from(result) },
      ]);
    await host.flush();
    const results = written.filter(({ topic }) => topic === Topics.deliveryResults);
    expect(results.map(({ value }) => String(value)).toSorted()).toEqual(['as fine', 'fine']);
    expect(written.filter(({ topic }) => topic === Topics.deadLetter)).toHaveLength(1);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('that is given up leaves its deliveries to the next owner, and gives up its ledger', async () => {
    const { host, delivered, written, isClosed, offer } = await aUnit();
    await offer(encoded({ organizationId: 'o' }));
    await host.giveUp();
    const [read] = delivered;
    expect(read?.record.batch.isStale()).toBe(true);
    read?.record.batch.ack(0n, [{ topic: Topics.deliveryResults, key: 'd', value: null }]);
    await host.flush();
    expect(written).toEqual([]);
    expect(isClosed()).toBe(true);
  });
});

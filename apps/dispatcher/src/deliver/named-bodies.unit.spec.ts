import type { Delivery, EndpointState, EventPlace } from '@skillora/contracts';

import type { DeliveryBody } from '../bodies/event-bodies.js';
import { Circuits } from '../circuit/circuits.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { ANSWERED } from '../testing/answered.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';
import type { DeliveryOutcome, Post } from './deliver-ports.js';

const ENDPOINT = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;
const NOW = new Date(0);
const REFUSED: Awaited<ReturnType<Post>> = { ...ANSWERED, responseStatus: 500, error: 'http_status' };
const place = (offset: number): EventPlace => ({ partition: 0, offset: String(offset), bytes: 250_000 });

/** One endpoint that answers 500, and deliveries for it that name their events; records are their numbers. */
function deliveries() {
  const reading = new Map<number, (body: DeliveryBody | null) => void>();
  const sent: (readonly [number: number, body: DeliveryBody])[] = [];
  const outcomes = new Map<number, DeliveryOutcome>();
  const stale = new Set<number>();
  const engine = new DeliverEngine<number>(
    { perEndpoint: 4, perHost: 4, overall: 4, window: { records: 100, bytes: 10_000_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => 0, monotonic: () => 0, after: () => () => undefined },
      endpoints: { get: () => ENDPOINT, find: () => Promise.resolve(ENDPOINT), hostsOf: () => ['h'] },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      bodyOf: ({ body }) =>
        typeof body === 'string' ? body : new Promise((resolve) => reading.set(Number(body.offset), resolve)),
      supersedes: () => false,
      prepare: (number, _delivery, _endpoint, _turn, body) => () => {
        sent.push([number, body]);
        return Promise.resolve(REFUSED);
      },
      isStale: (number) => stale.has(number),
      aloneSince: () => null,
      ack: (number, outcome) => outcomes.set(number, outcome),
      giveUp: () => undefined,
      shared: () => undefined,
      failed: (_record, _delivery, fault) => {
        throw fault;
      },
    },
  );
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 30; turns += 1) await Promise.resolve();
  };
  return {
    sent,
    outcomes,
    stale,
    come: async (number: number, body: Delivery['body'], inMemory?: string): Promise<void> => {
      const at = NOW.toISOString();
      const delivery = anyDelivery({ deliveryId: String(number), createdAt: at, dueAt: at, body });
      engine.takeFromMainLane({
        ...{ record: number, partition: 0, delivery, bytes: 250_000 },
        ...(inMemory !== undefined && { body: inMemory }),
      });
      await settle();
    },
    read: async (number: number, body: DeliveryBody | null): Promise<void> => {
      reading.get(number)?.(body);
      await settle();
    },
  };
}

describe('a delivery that names its event', () => {
  it('sends what is read, and its retry names the event again', async () => {
    const { come, read, sent, outcomes } = deliveries();
    await come(1, place(1));
    expect(sent).toEqual([]);
    const body = Buffer.from('{"a":1}');
    await read(1, body);
    expect(sent).toEqual([[1, body]]);
    expect(outcomes.get(1)).toMatchObject({
      kind: 'ended',
      result: { status: 'retrying', attempt: { requestBytes: 250_000 } },
      next: { delivery: { step: 2, body: place(1) } },
    });
  });

  it('sends at once what is in memory', async () => {
    const { come, sent, outcomes } = deliveries();
    await come(1, place(1), '{"a":1}');
    expect(sent).toEqual([[1, '{"a":1}']]);
    expect(outcomes.get(1)).toMatchObject({ next: { delivery: { body: place(1) } } });
  });

  it('ends as failed, without an attempt, when its event is gone', async () => {
    const { come, read, sent, outcomes } = deliveries();
    await come(1, place(1));
    await read(1, null);
    expect(sent).toEqual([]);
    expect(outcomes.get(1)).toMatchObject({
      kind: 'ended',
      result: { status: 'failed', error: 'event_gone', attempt: null },
      next: null,
    });
  });

  it('is sent before later ones of its endpoint, also if their bodies are there first', async () => {
    const { come, read, sent } = deliveries();
    await come(1, place(1));
    await come(2, '{}');
    await come(3, place(3));
    await read(3, 'three');
    expect(sent).toEqual([]);
    await read(1, 'one');
    expect(sent).toEqual([
      [1, 'one'],
      [2, '{}'],
      [3, 'three'],
    ]);
  });

  it('is not sent when its partition went to another instance while its event was read', async () => {
    const { come, read, sent, stale, outcomes } = deliveries();
    await come(1, place(1));
    stale.add(1);
    await read(1, 'one');
    expect([sent, outcomes.size]).toEqual([[], 0]);
  });
});

import { type Delivery, type EndpointState, TEST_EVENT_TYPE } from '@skillora/contracts';
import fc from 'fast-check';

import { Circuits } from '../circuit/circuits.js';
import { findEndpoint } from '../endpoints/find-endpoint.js';
import { SlowLane } from '../lanes/slow-lane.js';
import type { Turn } from '../queues/queue-surroundings.js';
import { ANSWERED } from '../testing/answered.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';

const ACTIVE = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;
const HELD: EndpointState = { ...ACTIVE, version: 2, heldSince: '2026-11-29T00:00:00.000Z' };

/** One endpoint, whose table may be behind, and the deliveries for it; records are their numbers. */
function deliveries(first: EndpointState | undefined) {
  const known = { endpoint: first };
  const lookups: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const attempted: number[] = [];
  const places: { readonly number: number; readonly order: number }[] = [];
  /** What an attempt does between its first request and its end. */
  const meanwhile = { act: (_turn: Turn): Promise<void> => Promise.resolve() };
  const table = {
    get: () => known.endpoint,
    caughtUp: () => new Promise<void>((resolve) => lookups.push(resolve)),
  };
  const engine = new DeliverEngine<number>(
    { perEndpoint: 2, perHost: 100, overall: 100, window: { records: 100, bytes: 100_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => 0, monotonic: () => 0, after: (_ms, act) => (timers.push(act), () => undefined) },
      endpoints: { ...table, find: (id, version) => findEndpoint(table, id, version), hostsOf: () => ['h'] },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      bodyOf: () => '{}',
      supersedes: () => false,
      prepare: (number, _delivery, _endpoint, turn) => async () => {
        attempted.push(number);
        turn.onSent();
        await meanwhile.act(turn);
        return ANSWERED;
      },
      isStale: () => false,
      aloneSince: () => -10_000,
      ack: (number, outcome) => {
        if (outcome.kind === 'to-slow-lane') places.push({ number, order: outcome.place.order });
      },
      giveUp: () => undefined,
      shared: () => undefined,
      failed: (_record, _delivery, fault) => {
        throw fault;
      },
    },
  );
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  };
  return {
    known,
    attempted,
    meanwhile,
    settle,
    tick: () => engine.tick(),
    /** The order in which the slow lane counts them, and the one in which they were written there. */
    inSlowLane: () => ({
      counted: places.toSorted((a, b) => a.order - b.order).map(({ number }) => number),
      written: places.map(({ number }) => number),
    }),
    come: (number: number, change: Partial<Delivery> = {}): void => {
      const delivery = anyDelivery({
        deliveryId: String(number),
        createdAt: new Date(0).toISOString(),
        dueAt: new Date(0).toISOString(),
        ...change,
      });
      engine.takeFromMainLane({ record: number, partition: 0, delivery, bytes: 1 });
    },
    /** The lookup with this number, of those that wait, ends. */
    lookedUp: async (index: number): Promise<void> => {
      lookups.splice(index, 1).forEach((resolve) => resolve());
      await settle();
    },
  };
}

describe('the second request of a delivery', () => {
  it('is sent at once for a test send to a held endpoint, and not for others', async () => {
    const { come, known, meanwhile, settle, attempted } = deliveries(ACTIVE);
    const places: boolean[] = [];
    meanwhile.act = async ({ another }) => {
      known.endpoint = HELD;
      places.push(await another(0));
    };
    come(1);
    await settle();
    come(2, { eventType: TEST_EVENT_TYPE });
    await settle();
    expect([attempted, places]).toEqual([
      [1, 2],
      [false, true],
    ]);
  });

  it('has its place in the rate limit though its endpoint is deactivated meanwhile', async () => {
    const { come, known, meanwhile, settle } = deliveries({ ...ACTIVE, rateLimit: 5 });
    const places: boolean[] = [];
    meanwhile.act = async ({ another }) => {
      known.endpoint = { ...ACTIVE, version: 2, isActive: false, rateLimit: 5 };
      places.push(await another(0));
    };
    come(1);
    await settle();
    expect(places).toEqual([true]);
  });
});

describe('deliveries of an endpoint that turns out to be held while it is looked up', () => {
  it('go to the slow lane in the order in which they came, whatever lookup ends first', async () => {
    const step = fc.constantFrom('first lookup' as const, 'last lookup' as const, 'tick' as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, count) => {
          const { come, known, settle, tick, inSlowLane, lookedUp } = deliveries(undefined);
          const numbers = Array.from({ length: count }, (_, index) => index + 1);
          for (const number of numbers) come(number);
          await settle();
          known.endpoint = HELD;
          for (const each of [...steps, 'last lookup', 'tick', 'last lookup', 'tick']) {
            if (each === 'tick') tick();
            else await lookedUp(each === 'first lookup' ? 0 : -1);
          }
          expect(inSlowLane()).toEqual({ counted: numbers, written: numbers });
        },
      ),
    );
  });

  it('are attempted when the hold is over before the others leave, and these follow in order', async () => {
    const { come, known, settle, tick, inSlowLane, lookedUp, attempted } = deliveries(undefined);
    for (const number of [1, 2, 3]) come(number);
    await settle();
    known.endpoint = HELD;
    await lookedUp(1);
    tick();
    known.endpoint = { ...ACTIVE, version: 3 };
    await lookedUp(0);
    expect([attempted, inSlowLane().counted]).toEqual([[1, 2], [3]]);
  });
});

import type { EndpointState } from '@skillora/contracts';

import { DeliverEngine } from '../deliver/deliver-engine.js';
import { Circuits } from '../circuit/circuits.js';
import { type Place, SlowLane } from '../lanes/slow-lane.js';
import { anyDelivery } from './any-delivery.js';

/**
 * The deliveries of one endpoint, whose requests cannot be signed: each ends when its turn comes. What has no room goes round
 * a slow lane that only they are in. Records are their numbers.
 */
export function deliveriesInLanes(first: EndpointState) {
  let now = 0;
  const slowLane: { readonly number: number; readonly place: Place; readonly requeuedAt: number | null }[] =
    [];
  const taken: number[] = [];
  const known = { endpoint: first };
  const engine = new DeliverEngine<number>(
    { perEndpoint: 4, perHost: 4, overall: 4, window: { records: 100, bytes: 100_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => now, monotonic: () => now, after: () => () => undefined },
      endpoints: {
        get: () => known.endpoint,
        find: () => Promise.resolve(known.endpoint),
        hostsOf: () => ['h'],
      },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      bodyOf: () => '{}',
      supersedes: () => false,
      prepare: () => null,
      isStale: () => false,
      aloneSince: () => -10_000,
      ack: (number, outcome) => {
        if (outcome.kind === 'to-slow-lane') slowLane.push({ number, ...outcome });
        else taken.push(number);
      },
      giveUp: () => undefined,
      shared: () => undefined,
      failed: (_record, _delivery, fault) => {
        throw fault;
      },
    },
  );
  const read = (number: number) => {
    const at = new Date(0).toISOString();
    const delivery = anyDelivery({ deliveryId: String(number), createdAt: at, dueAt: at });
    return { record: number, partition: 0, delivery, bytes: 1 };
  };
  return {
    known,
    /** What is there, in the order in which it is read. */
    slowLane,
    /** Those that had their turn, in order. */
    taken,
    come: (number: number): void => engine.takeFromMainLane(read(number)),
    tick: (): void => engine.tick(),
    /** Time passes, and the slow lane is read as far as it is not paused. */
    pass: async (ms: number): Promise<void> => {
      for (const until = now + ms; now < until;) {
        now += 500;
        engine.tick();
        for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
        for (let left = slowLane.length; left > 0; left -= 1) {
          const [first] = slowLane;
          if (!first) break;
          const { number, place, requeuedAt } = first;
          const inLane = { ...read(number), place, writtenAt: now, requeuedAt };
          if (engine.takeFromSlowLane(inLane) > 0) break;
          slowLane.shift();
        }
      }
    },
  };
}

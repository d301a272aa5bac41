import type { EndpointState } from '@skillora/contracts';

import { Circuits } from '../circuit/circuits.js';
import { type Place, SlowLane } from '../lanes/slow-lane.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';

const LIMITED = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true, rateLimit: 1 };

/** An endpoint that takes one delivery a second; what else comes goes round the slow lane. Records are numbers. */
function limited() {
  let now = 0;
  const slowLane: { readonly number: number; readonly place: Place; readonly requeuedAt: number | null }[] =
    [];
  const taken: number[] = [];
  const endpoint = LIMITED as EndpointState;
  const engine = new DeliverEngine<number>(
    { perEndpoint: 4, perHost: 4, overall: 4, window: { records: 100, bytes: 100_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: { now: () => now, monotonic: () => now, after: () => () => undefined },
      endpoints: { get: () => endpoint, find: () => Promise.resolve(endpoint), hostsOf: () => ['h'] },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      supersedes: () => false,
      // The requests cannot be signed, so each delivery ends when its turn comes.
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
    slowLane,
    taken,
    come: (number: number): void => engine.takeFromMainLane(read(number)),
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

describe('a record that is put aside in the slow lane', () => {
  it('does not keep those behind it there for ever, though its endpoint has a rate limit', async () => {
    const { slowLane, taken, come, pass } = limited();
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const number of numbers) come(number);
    const putAside = slowLane.shift()?.number;
    expect(putAside).toBeGreaterThan(1);
    await pass(300_000);
    expect(taken).toEqual(numbers.filter((number) => number !== putAside));
  });
});

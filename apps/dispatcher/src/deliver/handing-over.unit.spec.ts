import type { EndpointState } from '@skillora/contracts';

import { Circuits } from '../circuit/circuits.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { ANSWERED } from '../testing/answered.js';
import { anyDelivery } from '../testing/any-delivery.js';
import { DeliverEngine } from './deliver-engine.js';
import type { PostedAttempt } from './deliver-ports.js';

const ENDPOINT = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;

/** An instance that attempts one delivery at a time, while nobody answers; records are their numbers. */
function leaving() {
  let now = 0;
  const said: string[] = [];
  const { promise: answered, resolve: answer } = Promise.withResolvers<PostedAttempt>();
  const engine = new DeliverEngine<number>(
    { perEndpoint: 1, perHost: 100, overall: 100, window: { records: 100, bytes: 100_000 } },
    { standard: [60_000], extended: [60_000] },
    {
      clock: {
        now: () => now,
        monotonic: () => now,
        after: (ms, act) => {
          now += ms;
          setImmediate(act);
          return () => undefined;
        },
      },
      endpoints: { get: () => ENDPOINT, find: () => Promise.resolve(ENDPOINT), hostsOf: () => ['h'] },
      circuits: new Circuits(5_000),
      slowLane: new SlowLane(),
      bodyOf: () => '{}',
      supersedes: () => false,
      prepare: (number) => () => {
        said.push(`${number} begins`);
        return answered;
      },
      isStale: () => false,
      aloneSince: () => -10_000,
      ack: (number, { kind }) => void said.push(`${number} ${kind}`),
      giveUp: () => undefined,
      shared: () => undefined,
      failed: (_record, _delivery, fault) => {
        throw fault;
      },
    },
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    engine,
    said,
    settled,
    answer: async (): Promise<void> => {
      answer(ANSWERED);
      await settled();
    },
    come: (number: number): void => {
      const at = new Date(0).toISOString();
      const delivery = anyDelivery({
        deliveryId: String(number),
        endpointId: 'p',
        createdAt: at,
        dueAt: at,
      });
      engine.takeFromMainLane({ record: number, partition: 0, delivery, bytes: 1 });
    },
  };
}

describe('an instance that hands its deliveries over', () => {
  it('moves to the slow lane, in order, what waits and what is not answered, and then says nothing more of it', async () => {
    const { engine, said, come, answer, settled } = leaving();
    for (const number of [1, 2, 3]) come(number);
    await settled();
    await engine.drain();
    engine.handOver(() => true);
    await answer();
    expect(said).toEqual(['1 begins', '1 to-slow-lane', '2 to-slow-lane', '3 to-slow-lane']);
  });

  it('moves what comes later at once, and leaves what is not its to move', async () => {
    const { engine, said, come } = leaving();
    await engine.drain();
    engine.handOver((number) => number === 5);
    come(4);
    come(5);
    expect(said).toEqual(['5 to-slow-lane']);
  });
});

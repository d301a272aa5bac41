import fc from 'fast-check';

import { INITIAL_LIMIT, type AttemptEffect } from './concurrency-limit.js';
import type { QueuedWork } from './endpoint-queue.js';
import { EndpointQueues } from './endpoint-queues.js';
import type { Pacing } from './pace-gates.js';

interface Work extends QueuedWork {
  readonly number: number;
}

const UNLIMITED: Pacing<Work> = {
  rateOf: () => null,
  rateFor: () => null,
  aloneSince: () => 0,
  learning: () => null,
};

/** Queues of one endpoint, whose work ends when the test says so. */
function controlled(perEndpoint = 100) {
  let count = 0;
  let now = 0;
  const begun: Work[] = [];
  const ends = new Map<Work, (effect: AttemptEffect) => void>();
  const queues = new EndpointQueues<Work>(
    { perEndpoint, perHost: Infinity, overall: 1_000 },
    {
      begin: (work) => {
        begun.push(work);
        return new Promise((resolve) => ends.set(work, resolve));
      },
      hostsOf: () => [],
      pacing: UNLIMITED,
      clock: () => now,
      after: () => undefined,
    },
  );
  return {
    queues,
    begun,
    underWay: () => [...ends.keys()],
    pass: (ms: number): Work[] => {
      now += ms;
      return queues.tick();
    },
    push: (background: boolean, urgent = false): Work => {
      const common = { endpointId: 'a', organizationId: 'o', bytes: 1, urgent, background };
      const work = { ...common, number: (count += 1) };
      queues.push(work);
      return work;
    },
    end: async (effect: AttemptEffect = 'success') => {
      const [work] = ends.keys();
      if (!work) return;
      ends.get(work)?.(effect);
      ends.delete(work);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const numbers = (works: readonly Work[]): number[] => works.map(({ number }) => number);

describe('work in the background', () => {
  it('leaves half of the attempts of its endpoint free, so that other work begins at once', () => {
    const { push, begun } = controlled();
    for (let i = 0; i < 10; i += 1) push(true);
    const half = INITIAL_LIMIT.attempts / 2;
    expect(begun).toHaveLength(half);
    const live = [push(false), push(false)];
    expect(numbers(begun.slice(half))).toEqual(numbers(live));
  });

  it('begins only while no other work of its endpoint waits', async () => {
    const { push, begun, end } = controlled(2);
    const first = [push(false), push(false)];
    const behind = push(true);
    const live = [push(false), push(false), push(false)];
    for (let i = 0; i < 5; i += 1) await end();
    expect(numbers(begun)).toEqual(numbers([...first, ...live, behind]));
  });

  it('goes on one by one at an endpoint that takes one attempt at a time', async () => {
    const { push, begun, end } = controlled(1);
    const works = [push(true), push(true)];
    expect(begun).toHaveLength(1);
    await end();
    expect(numbers(begun)).toEqual(numbers(works));
  });

  it('lets the limit of an endpoint grow that answers well', async () => {
    const { push, underWay, end } = controlled();
    for (let i = 0; i < 400; i += 1) push(true);
    for (let i = 0; i < 100; i += 1) await end();
    expect(underWay().length).toBeGreaterThan(INITIAL_LIMIT.attempts * 4);
  });

  it('is the first to leave the memory when the endpoint does not keep up', () => {
    const { push, pass } = controlled(1);
    push(false);
    for (let i = 0; i < 20; i += 1) push(true);
    for (let i = 0; i < 10; i += 1) push(false);
    const surplus = pass(2_000);
    expect(surplus.length).toBeGreaterThan(0);
    expect(surplus.every(({ background }) => background)).toBe(true);
  });

  it('is begun in its order, none twice and none never, whatever comes in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('live', 'background', 'end'), { maxLength: 80 }),
        async (steps) => {
          const { push, begun, end, underWay, queues } = controlled();
          const pushed: Work[] = [];
          for (const step of steps) {
            if (step === 'end') await end();
            else pushed.push(push(step === 'background'));
          }
          while (underWay().length > 0) await end();
          expect(queues.waiting).toBe(0);
          for (const kind of [true, false]) {
            const of = (works: readonly Work[]) =>
              numbers(works.filter(({ background }) => background === kind));
            expect(of(begun)).toEqual(of(pushed));
          }
        },
      ),
    );
  });
});

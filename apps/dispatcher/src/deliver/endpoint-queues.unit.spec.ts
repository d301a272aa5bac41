import fc from 'fast-check';

import { EndpointQueues } from './endpoint-queues.js';

interface Work {
  readonly endpoint: string;
  readonly number: number;
}

/** Queues whose work ends when the test says so. */
function controlled(perEndpoint: number, overall: number) {
  const begun: Work[] = [];
  const ends = new Map<Work, () => void>();
  const queues = new EndpointQueues<Work>({ perEndpoint, overall }, (work) => {
    begun.push(work);
    return new Promise((resolve) => ends.set(work, resolve));
  });
  return {
    queues,
    begun,
    underWay: () => [...ends.keys()],
    end: async (work: Work) => {
      ends.get(work)?.();
      ends.delete(work);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

describe('queues per endpoint', () => {
  it('go on with other endpoints while one hangs', async () => {
    const { queues, begun, end } = controlled(2, 10);
    for (let number = 0; number < 5; number += 1) queues.push('hanging', { endpoint: 'hanging', number });
    const healthy = { endpoint: 'healthy', number: 0 };
    queues.push('healthy', healthy);
    expect(begun.filter(({ endpoint }) => endpoint === 'hanging')).toHaveLength(2);
    expect(begun).toContain(healthy);
    await end(healthy);
    expect(queues.underWay).toBe(2);
    expect(queues.waiting).toBe(3);
  });

  it('begin nothing more once stopped', async () => {
    const { queues, begun, end } = controlled(1, 1);
    const first = { endpoint: 'a', number: 1 };
    queues.push('a', first);
    queues.push('a', { endpoint: 'a', number: 2 });
    queues.stop();
    await end(first);
    expect(begun).toEqual([first]);
  });

  it('keep both limits, begin each endpoint in order, and leave nothing lying, whatever comes and ends when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ endpoint: fc.constantFrom('a', 'b', 'c'), end: fc.nat() }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, perEndpoint, overall) => {
          const { queues, begun, underWay, end } = controlled(perEndpoint, overall);
          let number = 0;
          for (const { endpoint, end: pick } of steps) {
            queues.push(endpoint, { endpoint, number: (number += 1) });
            expect(underWay().length).toBeLessThanOrEqual(overall);
            for (const name of ['a', 'b', 'c']) {
              expect(underWay().filter((work) => work.endpoint === name).length).toBeLessThanOrEqual(
                perEndpoint,
              );
            }
            const running = underWay();
            if (pick % 2 === 0 && running.length > 0) await end(running[pick % running.length]!);
          }
          while (underWay().length > 0) await end(underWay()[0]!);
          expect(begun).toHaveLength(steps.length);
          for (const name of ['a', 'b', 'c']) {
            const numbers = begun.filter((work) => work.endpoint === name).map((work) => work.number);
            expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
          }
        },
      ),
    );
  });
});

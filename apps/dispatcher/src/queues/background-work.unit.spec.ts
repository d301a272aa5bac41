import fc from 'fast-check';

import { type AttemptEffect, INITIAL_LIMIT } from './concurrency-limit.js';
import { controlledQueues, type NumberedWork } from './testing/controlled-queues.js';

/** Queues of one endpoint. `end` ends the oldest work in progress. */
function controlled(perEndpoint = 100, rate: number | null = null) {
  const { push, end, underWay, ...others } = controlledQueues(perEndpoint, 1_000, { rate });
  return {
    ...others,
    underWay,
    push: (background: boolean, bytes = 1) => push('a', { background, bytes }),
    end: async (effect?: AttemptEffect): Promise<void> => {
      const [work] = underWay();
      if (work) await end(work, effect);
    },
  };
}

const numbers = (works: readonly NumberedWork[]): number[] => works.map(({ number }) => number);

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

  it('has no room at a limited endpoint when enough of it waits, and other work has', () => {
    const { queues, push, pass } = controlled(100, 2);
    let taken = 0;
    while (queues.hasRoom('a', true) && taken < 100) {
      push(true);
      taken += 1;
    }
    // Two have begun, and what the limit takes in five seconds waits.
    expect(taken).toBe(12);
    expect(queues.hasRoom('a')).toBe(true);
    expect(pass(200)).toEqual([]);
  });

  it('does not make others of its endpoint look as if they waited behind it', async () => {
    const { queues, push, end } = controlled(100, 2);
    push(false);
    await end();
    for (let i = 0; i < 6; i += 1) push(true);
    expect([queues.keepsUp('a', true), queues.keepsUp('a')]).toEqual([false, true]);
  });

  it('is not waited for while other work of its endpoint waits, nor where half of the attempts are too few', async () => {
    const { queues, push, pass, end } = controlled();
    push(false);
    pass(10);
    await end();
    const perSecond = (INITIAL_LIMIT.attempts * 1_000) / 10;
    const prompt = (rate: number) => [false, true].map((each) => queues.isPrompt('a', rate, each));
    expect([prompt(perSecond / 2), prompt(perSecond)]).toEqual([
      [true, true],
      [true, false],
    ]);
    for (let i = 0; i <= INITIAL_LIMIT.attempts; i += 1) push(false);
    expect(prompt(perSecond / 2)).toEqual([true, false]);
  });

  it('takes no more memory at an endpoint that hangs than other work does', async () => {
    const { queues, push, pass, end } = controlled(1);
    push(false);
    pass(1_000);
    await end('timeout');
    push(false);
    for (let i = 0; i < 3 && queues.hasRoom('a', true); i += 1) push(true, 200 * 1_024);
    expect([queues.waiting, queues.hasRoom('a', true), queues.hasRoom('a')]).toEqual([2, false, true]);
    expect(pass(200)).toEqual([]);
  });

  it('stays where it has room, and has none after it was given away, like other work', async () => {
    const works = fc.array(
      fc.record({ background: fc.boolean(), bytes: fc.integer({ min: 1, max: 400 * 1_024 }) }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        works,
        works,
        fc.constantFrom(null, 1, 3),
        fc.constantFrom('success' as const, 'timeout' as const),
        async (surplus, fitting, rate, effect) => {
          const { queues, push, pass, end } = controlled(1, rate);
          push(false);
          pass(1_500);
          await end(effect);
          push(false);
          for (const { background, bytes } of surplus) push(background, bytes);
          for (const { background } of pass(200)) expect(queues.hasRoom('a', background)).toBe(false);
          const comeIn = fitting.flatMap(({ background, bytes }) =>
            queues.hasRoom('a', background) ? [push(background, bytes)] : [],
          );
          const givenAway = pass(200);
          // Work in the background makes way for what came after it, and for nothing else.
          const isOnlyBackground = comeIn.every(({ background }) => background);
          expect(givenAway.filter(({ background }) => isOnlyBackground || !background)).toEqual([]);
        },
      ),
    );
  });

  it('is begun in its order, none twice and none never, whatever comes in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('live', 'background', 'end'), { maxLength: 80 }),
        async (steps) => {
          const { push, begun, end, underWay, queues } = controlled();
          const pushed: NumberedWork[] = [];
          for (const step of steps) {
            if (step === 'end') await end();
            else pushed.push(push(step === 'background'));
          }
          while (underWay().length > 0) await end();
          expect(queues.waiting).toBe(0);
          for (const kind of [true, false]) {
            const of = (works: readonly NumberedWork[]) =>
              numbers(works.filter(({ background }) => background === kind));
            expect(of(begun)).toEqual(of(pushed));
          }
        },
      ),
    );
  });
});

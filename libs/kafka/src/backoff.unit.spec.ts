import { backoffMs, tryUntilDone } from './backoff.js';

const SHORT = { firstMs: 1, mostMs: 2 };

it('pauses double from the first one up to the longest', () => {
  const pauses = [0, 1, 2, 3, 100].map((failures) => backoffMs(failures, { firstMs: 50, mostMs: 300 }));
  expect(pauses).toEqual([50, 100, 200, 300, 300]);
});

describe('work that fails', () => {
  it('is tried until it is done', async () => {
    const told: [unknown, number][] = [];
    let tries = 0;
    const work = (): Promise<string> => {
      tries += 1;
      return tries < 4 ? Promise.reject(new Error(`try ${tries}`)) : Promise.resolve('done');
    };
    const options = {
      ...SHORT,
      onFailure: (error: unknown, before: number) => void told.push([error, before]),
    };
    expect(await tryUntilDone(work, options)).toBe('done');
    expect(told).toEqual([
      [new Error('try 1'), 0],
      [new Error('try 2'), 1],
      [new Error('try 3'), 2],
    ]);
  });

  it('is given up when its owner says so', async () => {
    const work = (): Promise<never> => Promise.reject(new Error('refused'));
    const onFailure = (error: unknown, before: number): void => {
      if (before === 2) throw error;
    };
    await expect(tryUntilDone(work, { ...SHORT, onFailure })).rejects.toThrow('refused');
  });
});

import { ConcurrencyLimit } from './concurrency-limit.js';

describe('a concurrency limit', () => {
  it('runs so many at a time, in the order in which they came, and goes on after failures', async () => {
    const limit = new ConcurrencyLimit(2);
    const begun: number[] = [];
    const end: (() => void)[] = [];
    const work = (index: number): Promise<void> =>
      limit.run(
        () =>
          new Promise<void>((resolve, reject) => {
            begun.push(index);
            end[index] = index === 1 ? () => reject(new Error('failed')) : resolve;
          }),
      );
    const all = Promise.allSettled([0, 1, 2, 3].map(work));

    expect(begun).toEqual([0, 1]);
    end[1]!();
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2]);
    end[0]!();
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2, 3]);
    end[2]!();
    end[3]!();
    expect((await all).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });
});

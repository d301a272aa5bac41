import { ShortMemory } from './short-memory.js';

describe('a short memory', () => {
  let clock = 0;
  let works = 0;
  let finish: (() => void)[] = [];
  const memory = (): ShortMemory<number> =>
    new ShortMemory(
      () => {
        works += 1;
        const result = works;
        return new Promise((resolve) => finish.push(() => resolve(result)));
      },
      () => clock,
    );

  beforeEach(() => {
    [clock, works, finish] = [0, 0, []];
  });

  it('does the work once for all who ask while it is under way', async () => {
    const shared = memory();
    const first = shared.get();
    clock = 9_999;
    const second = shared.get();
    finish[0]?.();
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    expect(works).toBe(1);
  });

  it('tells the result for a second after the work ended, and then does it again', async () => {
    const shared = memory();
    const first = shared.get();
    clock = 5_000;
    finish[0]?.();
    await first;
    clock = 5_999;
    expect(await shared.get()).toBe(1);
    clock = 6_000;
    const again = shared.get();
    finish[1]?.();
    expect(await again).toBe(2);
  });

  it('begins again after ten seconds in which the work did not end, and goes by what came of that', async () => {
    const shared = memory();
    const stuck = shared.get();
    clock = 10_000;
    const again = shared.get();
    finish[1]?.();
    expect(await again).toBe(2);
    // The first one ends after all: it is not told to those who ask now.
    finish[0]?.();
    expect(await stuck).toBe(1);
    clock = 10_999;
    expect(await shared.get()).toBe(2);
    expect(works).toBe(2);
  });

  it('does not remember work that failed', async () => {
    let failures = 0;
    const shared = new ShortMemory(() => {
      failures += 1;
      return Promise.reject(new Error(`failure ${failures}`));
    });
    await expect(shared.get()).rejects.toThrow('failure 1');
    await expect(shared.get()).rejects.toThrow('failure 2');
  });
});

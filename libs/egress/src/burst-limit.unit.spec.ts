import { setImmediate as nextTurn } from 'node:timers/promises';

import { BurstLimit } from './burst-limit.js';

describe('a limit on bursts', () => {
  it('lets so many through at once, the others turn by turn, and all in order', async () => {
    const limit = new BurstLimit(3);
    const passed: number[] = [];
    const all = Promise.all(
      Array.from({ length: 10 }, (_, index) => limit.pass().then(() => passed.push(index))),
    );
    await Promise.resolve().then(() => undefined);
    expect(passed).toEqual([0, 1, 2]);
    for (let turns = 0; passed.length < 10; turns += 1) {
      expect(turns).toBeLessThan(10);
      const before = passed.length;
      await nextTurn();
      expect(passed.length - before).toBeLessThanOrEqual(3);
    }
    await all;
    expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('holds nobody up later', async () => {
    const limit = new BurstLimit(1);
    await limit.pass();
    await nextTurn();
    let passed = false;
    void limit.pass().then(() => (passed = true));
    await Promise.resolve().then(() => undefined);
    expect(passed).toBe(true);
  });
});

import { BoundedQueue } from './bounded-queue.js';

describe('a bounded queue', () => {
  it('begins items in order, a few at a time, and makes who adds more wait', async () => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const queue = new BoundedQueue<number>(3, 2, async (item) => {
      begun.push(item);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
    for (const item of [1, 2, 3, 4, 5]) await queue.add(item);
    expect(begun).toEqual([1, 2]);
    let isIn = false;
    const sixth = queue.add(6).then(() => (isIn = true));
    await new Promise(setImmediate);
    expect(isIn).toBe(false);
    ends.shift()?.();
    await sixth;
    expect(begun).toEqual([1, 2, 3]);
    while (begun.length < 6) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
    expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

import { mapInTurns } from './in-turns.js';

describe('a long batch', () => {
  it('is mapped in its order, and others get their turn after each 10 ms of it', async () => {
    let clock = 0;
    const happened: string[] = [];
    const other = setInterval(() => happened.push('other'), 0);
    const work = (item: number): number => {
      // Each takes 6 ms; what waits for its turn has come due meanwhile.
      clock += 6;
      const until = performance.now() + 2;
      while (performance.now() < until);
      happened.push(`item ${item}`);
      return item * 2;
    };
    const results = await mapInTurns([1, 2, 3, 4, 5, 6], work, undefined, () => clock);
    clearInterval(other);
    expect(results).toEqual([2, 4, 6, 8, 10, 12]);
    expect(happened.filter((each) => each !== 'other')).toEqual([1, 2, 3, 4, 5, 6].map((n) => `item ${n}`));
    // Between the second item and the third, and between the fourth and the fifth.
    const isOther = (index: number): boolean => happened[index] === 'other';
    expect([isOther(happened.indexOf('item 3') - 1), isOther(happened.indexOf('item 5') - 1)]).toEqual([
      true,
      true,
    ]);
  });

  it('of little work is mapped at one go', async () => {
    let turns = 0;
    const other = setInterval(() => (turns += 1), 0);
    expect(
      await mapInTurns(
        [1, 2, 3],
        (item) => item,
        undefined,
        () => 0,
      ),
    ).toEqual([1, 2, 3]);
    clearInterval(other);
    expect(turns).toBe(0);
  });
});

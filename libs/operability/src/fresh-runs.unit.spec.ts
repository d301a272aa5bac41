import { setImmediate as turn } from 'node:timers/promises';

import { FreshRuns } from './fresh-runs.js';

/** Work that ends when it is told to, and how often it has begun. */
function work(): { runs: FreshRuns<number>; begun: () => number; end: (error?: Error) => Promise<void> } {
  let begun = 0;
  let settle: { resolve: (run: number) => void; reject: (error: Error) => void } | null = null;
  const runs = new FreshRuns(() => {
    begun += 1;
    return new Promise<number>((resolve, reject) => (settle = { resolve, reject }));
  });
  const end = async (error?: Error): Promise<void> => {
    const { resolve, reject } = settle!;
    if (error) reject(error);
    else resolve(begun);
    await turn();
  };
  return { runs, begun: () => begun, end };
}

describe('runs that begin after they were asked for', () => {
  it('begin at once when none is under way', async () => {
    const { runs, end } = work();
    const asked = runs.afterNow();
    expect(runs.underWay).not.toBeNull();
    await end();
    expect(await asked).toBe(1);
    expect(runs.underWay).toBeNull();
  });

  it('are shared by all who ask while another is under way, which none of them gets', async () => {
    const { runs, begun, end } = work();
    const first = runs.afterNow();
    const later = [runs.afterNow(), runs.afterNow(), runs.afterNow()];
    await end();
    expect(begun()).toBe(2);
    await end();
    expect([await first, ...(await Promise.all(later))]).toEqual([1, 2, 2, 2]);
  });

  it('begin although the one before has failed', async () => {
    const { runs, end } = work();
    const first = runs.afterNow();
    const second = runs.afterNow();
    const failed = expect(first).rejects.toThrow('away');
    await end(new Error('away'));
    await failed;
    await end();
    expect(await second).toBe(2);
  });

  it('rest between each other, also for those who ask one after the other', async () => {
    const begunAt: number[] = [];
    const runs = new FreshRuns(() => Promise.resolve(begunAt.push(performance.now())), 30);
    for (let asked = 0; asked < 4; asked += 1) await runs.afterNow();
    const pauses = begunAt.slice(1).map((at, index) => at - begunAt[index]!);
    // A timer of Node may fire a millisecond early.
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(28);
  });
});

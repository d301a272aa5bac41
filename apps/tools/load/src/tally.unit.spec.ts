import { writeMark } from './mark.js';
import { isComplete, missing, Tally } from './tally.js';

const mark = (number: number, publishedAt = 1_000, run = 'r'): string =>
  writeMark(run, { number, publishedAt });

describe('the tally of a load', () => {
  it('counts each delivery once, and what comes again apart', () => {
    const tally = new Tally('r', { healthy: 2, slow: 0, failing: 1 });
    tally.publishes(3);
    tally.accepts(2);
    tally.refuses(429, 1);
    for (const receiver of [0, 1, 2, 2]) tally.arrives({ receiver, mark: mark(0), at: 1_010 });
    tally.arrives({ receiver: 0, mark: mark(1, 2_000), at: 2_030 });
    const { groups, ...rest } = tally.figures();
    expect(rest).toEqual({ published: 3, accepted: 2, refused: { 429: 1 } });
    expect(groups).toMatchObject([
      { group: 'healthy', endpoints: 2, expected: 4, arrived: 3, repeated: 0 },
      { group: 'failing', endpoints: 1, expected: 2, arrived: 1, repeated: 1 },
    ]);
    expect(groups[0]?.longest).toBeCloseTo(30);
    expect([isComplete(tally.figures()), missing(tally.figures())]).toEqual([false, 1]);
  });

  it('takes no notice of another run', () => {
    const tally = new Tally('r', { healthy: 1, slow: 0, failing: 0 });
    tally.arrives({ receiver: 0, mark: mark(0, 1_000, 'other'), at: 1_010 });
    tally.arrives({ receiver: 0, mark: 'demo', at: 1_010 });
    expect(tally.figures().groups[0]).toMatchObject({ arrived: 0, repeated: 0 });
  });

  it('has room for any number', () => {
    const tally = new Tally('r', { healthy: 1, slow: 0, failing: 0 });
    for (const number of [0, 100_000, 5_000_000, 100_000]) {
      tally.arrives({ receiver: 0, mark: mark(number), at: 1_000 });
    }
    expect(tally.figures().groups[0]).toMatchObject({ arrived: 3, repeated: 1 });
  });
});

import { Trials } from './trials.js';

/** Hands records over as a transport does, until all are handled or given up. */
function handle(
  records: readonly number[],
  fails: (part: readonly number[]) => 'records' | 'surroundings' | null,
) {
  const trials = new Trials();
  const [handled, givenUp]: [number[], number[]] = [[], []];
  let [at, rested] = [0, 0];
  for (let turn = 0; at < records.length && turn < 200; turn += 1) {
    const part = records.slice(at, at + trials.together);
    const fault = fails(part);
    if (fault === null) {
      handled.push(...part);
      at += part.length;
      trials.succeeded();
      continue;
    }
    const { restMs, givesUp } = trials.failed(part.length, fault === 'records', rested);
    rested += restMs;
    if (!givesUp) continue;
    givenUp.push(...part);
    at += part.length;
    trials.succeeded();
  }
  return { handled, givenUp, rested, trials };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('records that cannot be handled', () => {
  it.each([0, 1, 499, 998, 999])('give up the one that is to blame, and no other: %i of 1,000', (poison) => {
    const { handled, givenUp, rested } = handle(numbers(1_000), (part) =>
      part.includes(poison) ? 'records' : null,
    );
    expect(givenUp).toEqual([poison]);
    expect(handled).toEqual(numbers(1_000).filter((each) => each !== poison));
    expect(rested).toBeLessThan(15_000);
  });

  it('are tried for ever where the surroundings are to blame, all of them together', () => {
    const sizes = new Set<number>();
    const { handled, givenUp } = handle(numbers(50), (part) => {
      sizes.add(part.length);
      return 'surroundings';
    });
    expect([handled, givenUp, [...sizes]]).toEqual([[], [], [50]]);
  });

  it('are tried for some seconds even when one stands alone, since an error may pass', () => {
    let tries = 0;
    const { givenUp, rested } = handle([1], () => {
      tries += 1;
      return 'records';
    });
    expect(givenUp).toEqual([1]);
    expect(tries).toBeGreaterThan(3);
    expect(rested).toBeGreaterThan(5_000);
  });

  it('tell since when nothing has been handled, until something is', () => {
    const trials = new Trials();
    expect(trials.failingSince).toBeNull();
    trials.failed(5, false, 1_000);
    trials.failed(5, true, 2_000);
    expect(trials.failingSince).toBe(1_000);
    trials.succeeded();
    expect(trials.failingSince).toBeNull();
  });
});

import { type Sabotage, SABOTAGES } from './sabotage.js';
import { search, simulate } from './simulate.js';

/** Enough for every run of the tests; `npm run simulate` plays as many as one likes. */
const SEEDS = 500;
/** Nothing here depends on time: a slow machine takes longer. */
const LAST_RESORT_MS = 600_000;
/**
 * Where the search begins for those that few seeds show; after a change of the scenarios it only takes
 * longer.
 */
const FIRST_SEEDS: Partial<Record<Sabotage, number>> = {
  'commit-first': 280,
  'results-apart': 110,
  'no-catch-up': 580,
  'parts-forgotten': 280,
  'no-fencing': 150,
  'deaf-circuit': 70,
  'limit-kept': 1_660,
  'longest-hop': 70,
  'holds-all': 300,
  'no-shares': 340,
  'order-forgotten': 1_700,
  'full-bucket': 1_000,
};

describe('a scenario', () => {
  it('goes the same way whenever it is played', async () => {
    const play = async (): Promise<string[]> => {
      const lines: string[] = [];
      await simulate(136, { trace: (line) => lines.push(line) });
      return lines;
    };
    const first = await play();
    expect(first.length).toBeGreaterThan(10);
    expect(await play()).toEqual(first);
  });
});

describe('the modules that decide about deliveries', () => {
  it(
    'keep every guarantee through crashes, freezes, rebalances and outages',
    async () => {
      expect(await search(1, SEEDS)).toBeNull();
    },
    LAST_RESORT_MS,
  );

  it.each(SABOTAGES)(
    'are seen to break a guarantee when broken on purpose: %s',
    async (sabotage) => {
      expect(await search(FIRST_SEEDS[sabotage] ?? 1, SEEDS, { sabotage })).not.toBeNull();
    },
    LAST_RESORT_MS,
  );
});

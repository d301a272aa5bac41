import { searchWith } from '../simulate.js';
import { UPGRADE_SABOTAGES, type UpgradeSabotage } from './one-hop-sabotage.js';
import { simulateOneHop } from './simulate-one-hop.js';

/** Enough for every run of the tests; `npm run simulate -- --topology upgrade` plays as many as one likes. */
const SEEDS = 100;
/** How many are tried until a sabotage must have been seen. */
const SEEDS_OF_SABOTAGE = 400;
/** Nothing here depends on time: a slow machine takes longer. */
const LAST_RESORT_MS = 600_000;
/**
 * Where the search begins for those that few seeds show; after a change of the scenarios it only takes
 * longer.
 */
const FIRST_SEEDS: Partial<Record<UpgradeSabotage, number>> = {
  'id-of-its-own': 45,
  'made-by-the-former-forgotten': 25,
  'parts-of-the-former-forgotten': 50,
};

describe('an upgrade to dispatchers that deliver from the log of events, and its rollback', () => {
  it(
    'lose nothing, and repeat only what was at risk, or open when two hops took over',
    async () => {
      const play = (seed: number): Promise<string[]> => simulateOneHop(seed, { releases: 'both' });
      expect(await searchWith(play, 1, SEEDS)).toBeNull();
    },
    LAST_RESORT_MS,
  );

  it.each(UPGRADE_SABOTAGES)(
    'are seen to break a guarantee when broken on purpose: %s',
    async (sabotage) => {
      const play = (seed: number): Promise<string[]> => simulateOneHop(seed, { sabotage, releases: 'both' });
      expect(await searchWith(play, FIRST_SEEDS[sabotage] ?? 1, SEEDS_OF_SABOTAGE)).not.toBeNull();
    },
    LAST_RESORT_MS,
  );
});

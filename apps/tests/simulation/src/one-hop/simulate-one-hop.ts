import { brokenOneHopGuarantees } from './one-hop-guarantees.js';
import type { OneHopSabotage } from './one-hop-sabotage.js';
import { OneHopWorld, type Releases } from './one-hop-world.js';

/** Runs the scenario of a seed in the topology `one-hop`, or `upgrade`. @returns the guarantees it breaks. */
export async function simulateOneHop(
  seed: number,
  {
    sabotage = null,
    trace = null,
    releases = 'one',
  }: {
    sabotage?: OneHopSabotage | null;
    trace?: ((line: string) => void) | null;
    releases?: Releases;
  } = {},
): Promise<string[]> {
  const world = new OneHopWorld(seed, sabotage, trace, releases);
  await world.run();
  return brokenOneHopGuarantees(world);
}

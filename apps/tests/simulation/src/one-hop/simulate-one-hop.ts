import { brokenOneHopGuarantees } from './one-hop-guarantees.js';
import type { OneHopSabotage } from './one-hop-sabotage.js';
import { OneHopWorld } from './one-hop-world.js';

/** Runs the scenario of a seed in the topology `one-hop`. @returns the guarantees it breaks. */
export async function simulateOneHop(
  seed: number,
  {
    sabotage = null,
    trace = null,
  }: { sabotage?: OneHopSabotage | null; trace?: ((line: string) => void) | null } = {},
): Promise<string[]> {
  const world = new OneHopWorld(seed, sabotage, trace);
  await world.run();
  return brokenOneHopGuarantees(world);
}

import { brokenGuarantees } from './guarantees.js';
import type { Sabotage } from './sabotage.js';
import { World } from './world.js';

/** Runs the scenario of a seed. @returns the guarantees it breaks. */
export async function simulate(
  seed: number,
  {
    sabotage = null,
    trace = null,
  }: { sabotage?: Sabotage | null; trace?: ((line: string) => void) | null } = {},
): Promise<string[]> {
  const world = new World(seed, sabotage, trace);
  await world.run();
  return brokenGuarantees(world);
}

/** Looks for a seed that breaks a guarantee, from `first` on. */
export async function search(
  first: number,
  count: number,
  options: { sabotage?: Sabotage | null; onSeed?: (done: number) => void } = {},
): Promise<{ seed: number; broken: string[] } | null> {
  for (let seed = first; seed < first + count; seed += 1) {
    const broken = await simulate(seed, options);
    if (broken.length > 0) return { seed, broken };
    options.onSeed?.(seed - first + 1);
  }
  return null;
}

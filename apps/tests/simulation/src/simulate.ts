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
export function search(
  first: number,
  count: number,
  { sabotage = null, onSeed }: { sabotage?: Sabotage | null; onSeed?: (done: number) => void } = {},
): Promise<Found | null> {
  return searchWith((seed) => simulate(seed, { sabotage }), first, count, onSeed);
}

/** The scenario of a seed, and the guarantees it breaks. */
export interface Found {
  readonly seed: number;
  readonly broken: string[];
}

/**
 * Looks for a seed that breaks a guarantee, from `first` on.
 * @param play runs the scenario of a seed, and returns the guarantees it breaks.
 */
export async function searchWith(
  play: (seed: number) => Promise<string[]>,
  first: number,
  count: number,
  onSeed?: (done: number) => void,
): Promise<Found | null> {
  for (let seed = first; seed < first + count; seed += 1) {
    const broken = await play(seed);
    if (broken.length > 0) return { seed, broken };
    onSeed?.(seed - first + 1);
  }
  return null;
}

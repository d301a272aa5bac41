import { setTimeout as delay } from 'node:timers/promises';

import { cpuTimeBetween } from './cpu-time.js';
import { percentile, print, round } from './figures.js';
import { SystemUnderTest } from './system-under-test.js';

/** Systems that are measured in turn, so that other work of the machine affects all of them. The first one is compared with. */
export class Contenders {
  private constructor(private readonly systems: ReadonlyMap<string, SystemUnderTest>) {}

  /** @param settings those of each system, by its name. */
  static async start(
    receivers: number,
    settings: Readonly<Record<string, Record<string, string>>>,
  ): Promise<Contenders> {
    const systems = new Map<string, SystemUnderTest>();
    const contenders = new Contenders(systems);
    try {
      for (const [name, each] of Object.entries(settings)) {
        systems.set(name, await SystemUnderTest.start(receivers, each));
      }
    } catch (error) {
      await contenders.stop();
      throw error;
    }
    return contenders;
  }

  async each(action: (system: SystemUnderTest) => Promise<unknown>): Promise<void> {
    for (const system of this.systems.values()) await action(system);
  }

  /**
   * Measures each system so many times, in turn, and prints the medians and their ratios to those of the first one.
   * @param measure resolves with the figures of one turn, by name.
   */
  async compare(
    title: string,
    turns: number,
    measure: (system: SystemUnderTest) => Promise<Record<string, number>>,
  ): Promise<void> {
    const figures = new Map([...this.systems.keys()].map((name) => [name, [] as Record<string, number>[]]));
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [name, system] of this.systems) figures.get(name)?.push(await measure(system));
    }
    print(title);
    let first: Record<string, number> | null = null;
    for (const [name, turnsOfOne] of figures) {
      const medians = mediansOf(turnsOfOne);
      first ??= medians;
      const worthNaming = Object.entries(medians).filter(([, value]) => value >= 0.005);
      const line = worthNaming.map(
        ([figure, value]) => `${figure} ${round(value, 2)} (${round(value / (first?.[figure] ?? NaN), 2)})`,
      );
      print(`  ${name.padEnd(10)} ${line.join(', ')}`);
    }
  }

  async stop(): Promise<void> {
    await this.each((system) => system.stop());
  }
}

/**
 * The CPU that an action takes, by part of the system.
 * @param per what it is divided by.
 * @returns ms for each; empty if the machine does not report it.
 */
export async function cpuOf(
  system: SystemUnderTest,
  per: number,
  action: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = system.cpuTime();
  await action();
  const after = system.cpuTime();
  if (before === null || after === null) return {};
  const { whole, parts } = cpuTimeBetween(before, after);
  const split = parts.map(([part, ms]): [string, number] => [`CPU ${part}`, ms / per]);
  return { CPU: whole / per, ...Object.fromEntries(split) };
}

/** The CPU of a system that is left alone for some seconds, ms a second, by part. */
export function cpuAtRest(system: SystemUnderTest, seconds: number): Promise<Record<string, number>> {
  return cpuOf(system, seconds, () => delay(seconds * 1_000));
}

function mediansOf(turns: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(turns[0] ?? {});
  const median = (name: string): number =>
    percentile(
      turns.map((turn) => turn[name] ?? NaN),
      0.5,
    );
  return Object.fromEntries(names.map((name) => [name, median(name)]));
}

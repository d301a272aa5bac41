import { publishBurst } from '@skillora/load';

import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

/**
 * A few events then make a backlog of many deliveries, and each endpoint gets so few that none goes to the
 * slow lane.
 */
const ENDPOINTS = 100;
const SIZES = [1_000, 3_500, 7_000, 14_000, 28_000];
const LIMIT_MS = 120_000;
/** The longest time that a delivery may wait; the Helm chart scales for this goal. */
const GOAL_MS = 5_000;

export const backlog: Scenario = {
  name: 'backlog',
  description:
    'how long deliveries wait that come at once to one dispatcher, by their number, and how fast it works them off',
  async run({ quick }) {
    const system = await SystemUnderTest.start(ENDPOINTS);
    try {
      await system.register(Array.from({ length: ENDPOINTS }, (_, index) => index));
      // The first deliveries include compiling, connecting and growing, so they are not measured.
      await burst(system, 4_000);
      let largest = 0;
      for (const size of quick ? SIZES.slice(0, 3) : SIZES) {
        const { waits, dispatcherMs } = await burst(system, size);
        const longest = percentile(waits, 1);
        if (longest <= GOAL_MS) largest = size;
        print(
          `${String(size).padStart(6)} at once: half of them waited ${round(percentile(waits, 0.5))} ms, 99 % ${round(percentile(waits, 0.99))} ms, ` +
            `the last ${round(longest)} ms; ${round((size / longest) * 1_000)}/s` +
            (dispatcherMs === null ? '' : `; dispatcher ${round(dispatcherMs / size, 3)} ms of CPU each`),
        );
      }
      print(`the most of these that nobody waits ${GOAL_MS / 1_000} s for: ${largest}`);
    } finally {
      await system.stop();
    }
  },
};

interface Burst {
  /** From the publication of the first to each arrival, ms. */
  readonly waits: number[];
  /** The dispatcher's CPU time meanwhile; null if it is not available. */
  readonly dispatcherMs: number | null;
}

async function burst(system: SystemUnderTest, deliveries: number): Promise<Burst> {
  const { receivers, publisher } = system;
  const dispatcherTime = (): number | null => system.cpuTime()?.get('dispatcher') ?? null;
  await receivers.reset();
  const before = dispatcherTime();
  const began = await publishBurst(publisher, deliveries / ENDPOINTS);
  await receivers.arrived(deliveries, LIMIT_MS);
  const after = dispatcherTime();
  return {
    waits: (await receivers.arrivals()).map(({ at }) => at - began),
    dispatcherMs: before === null || after === null ? null : after - before,
  };
}

import { publishSteadily } from '@skillora/load';

import { print, round } from '../figures.js';
import { residentMemory } from '../resident-memory.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const PER_SECOND = 400;
const SLICES = 10;

export const memory: Scenario = {
  name: 'memory',
  description: `memory of the dispatcher under ${PER_SECOND} events/s, with a dead endpoint's backlog growing`,
  async run({ quick, minutes }) {
    const system = await SystemUnderTest.start(2);
    try {
      await system.receivers.behave({ kind: 'hang' }, [1]);
      await system.register([0, 1]);
      const seconds = Math.ceil(((quick ? 1 : minutes) * 60) / SLICES);
      const sizes: number[] = [];
      for (let slice = 1; slice <= SLICES; slice += 1) {
        await publishSteadily(system.publisher, PER_SECOND, seconds);
        const { arrivals } = await system.receivers.count();
        const size = residentMemory(system.stack.address.dataDir, 'dispatcher') ?? NaN;
        sizes.push(size);
        print(`after ${slice * seconds} s: ${round(size)} MB, ${arrivals} requests arrived`);
      }
      // In the first slices the heap grows to its working size.
      const settled = sizes.slice(2);
      const growth = Math.max(...settled) / Math.min(...settled) - 1;
      print(`greatest over smallest after the first two: +${round(growth * 100)} %`);
    } finally {
      await system.stop();
    }
  },
};

import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const URL_OF_ALL = 'http://127.0.0.1:2/hook';

export const creation: Scenario = {
  name: 'creation',
  description: 'endpoints created a second over the REST API, each in the log when it is answered',
  async run({ quick }) {
    // No rate limit applies, so that the service itself is measured.
    const system = await SystemUnderTest.start(1, {
      RATE_LIMIT: '100000',
      RATE_LIMIT_BURST: '100000',
    });
    try {
      const seconds = quick ? 3 : 10;
      await create(system, 8, 2);
      for (const clients of [1, 8, 32]) {
        const took = await create(system, clients, seconds);
        print(
          `${String(clients).padStart(2)} clients: ${round(took.length / seconds)} requests/s, ` +
            `p50 ${round(percentile(took, 0.5), 1)} ms, p99 ${round(percentile(took, 0.99), 1)} ms, ` +
            `longest ${round(percentile(took, 1), 1)} ms`,
        );
      }
    } finally {
      await system.stop();
    }
  },
};

/** Clients that create one endpoint after the other. @returns what each creation took, ms. */
async function create(system: SystemUnderTest, clients: number, seconds: number): Promise<number[]> {
  const until = performance.now() + seconds * 1_000;
  const took: number[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      await system.registration.register(URL_OF_ALL, 'bench');
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return took;
}

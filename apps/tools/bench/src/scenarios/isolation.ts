import { publishSteadily } from '@skillora/load';

import { arrivedDeliveries } from '../arrived-deliveries.js';
import { cpuTimeBetween } from '../cpu-time.js';
import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

/** The measured endpoints, the hanging and failing ones, and the events a second for all of them. */
interface Cast {
  readonly healthy: number;
  readonly hanging: number;
  readonly failing: number;
  readonly perSecond: number;
}

const SMALL: Cast = { healthy: 8, hanging: 1, failing: 1, perSecond: 80 };
/** As many deliveries a second, to a hundred times as many. */
const LARGE: Cast = { healthy: 900, hanging: 100, failing: 0, perSecond: 1 };

export const isolation: Scenario = {
  name: 'isolation',
  description: 'p99 of healthy endpoints alone, then with hanging and failing ones beside them',
  async run({ quick }) {
    await compare(SMALL, quick ? 15 : 60);
    await compare(LARGE, quick ? 15 : 60);
  },
};

async function compare({ healthy, hanging, failing, perSecond }: Cast, seconds: number): Promise<void> {
  const all = Array.from({ length: healthy + hanging + failing }, (_, index) => index);
  const ill = all.slice(healthy);
  const system = await SystemUnderTest.start(all.length);
  try {
    await system.receivers.behave({ kind: 'hang' }, all.slice(healthy, healthy + hanging));
    await system.receivers.behave({ kind: 'answer', status: 500 }, all.slice(healthy + hanging));
    await system.register(all.slice(0, healthy));
    await measure(system, healthy, perSecond, 5);
    const alone = await measure(system, healthy, perSecond, seconds);
    await system.register(ill);
    const beside = await measure(system, healthy, perSecond, seconds);
    print(`${healthy} healthy at ${perSecond} events/s alone:  ${alone.line}`);
    print(`beside ${hanging} hanging, ${failing} failing: ${beside.line}`);
    const allowed = alone.p99 * 1.2 + 5;
    print(
      `p99 ${round(beside.p99 / alone.p99, 2)} times that alone; 1.2 times and 5 ms are ${round(allowed, 1)} ms`,
    );
  } finally {
    await system.stop();
  }
}

async function measure(
  system: SystemUnderTest,
  healthy: number,
  perSecond: number,
  seconds: number,
): Promise<{ p99: number; line: string }> {
  const { receivers, publisher } = system;
  await receivers.reset();
  const cpuBefore = system.cpuTime();
  const began = performance.now();
  const published = await publishSteadily(publisher, perSecond, seconds);
  const load = coresUsed(cpuBefore, system.cpuTime(), performance.now() - began);
  const { expected, missing, repeated, took } = await arrivedDeliveries(receivers, published, healthy);
  const p99 = percentile(took, 0.99);
  const line =
    `p50 ${round(percentile(took, 0.5), 1)} ms, p99 ${round(p99, 1)} ms, longest ${round(percentile(took, 1), 1)} ms, ` +
    `${missing} of ${expected} missing, ${repeated} repeated${load}`;
  return { p99, line };
}

/** How busy the machine was: the longest waits are waits for a core. */
function coresUsed(
  before: Map<string, number> | null,
  after: Map<string, number> | null,
  ms: number,
): string {
  if (before === null || after === null) return '';
  const { whole, parts } = cpuTimeBetween(before, after);
  const split = parts
    .filter(([, used]) => used >= ms * 0.005)
    .map(([part, used]) => `${part} ${round(used / ms, 2)}`);
  return `; cores used ${round(whole / ms, 2)}: ${split.join(', ')}`;
}

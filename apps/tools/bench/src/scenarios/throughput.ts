import { publishSteadily } from '@skillora/load';

import { burst, LIMIT_MS, projected } from '../burst.js';
import { cpuTimeBetween } from '../cpu-time.js';
import { percentile, print, round } from '../figures.js';
import { RAW_BODY, rawPostingRate } from '../raw-posting.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const STEADY_RATE = 400;
const TEN = Array.from({ length: 10 }, (_, index) => index);

export const throughput: Scenario = {
  name: 'throughput',
  description:
    'deliveries a second beside the rate of bare posts, CPU for each, and the time from intake to arrival',
  async run({ quick }) {
    const deliveries = quick ? 4_000 : 20_000;
    const system = await SystemUnderTest.start(TEN.length);
    try {
      await system.register([0]);
      // The first deliveries include compiling, connecting and growing, so they are not measured.
      await burst(system, 2_000, 1);
      const [url = ''] = system.receivers.urls;
      const raw = await rawPostingRate(url, RAW_BODY, deliveries, 64);
      print(`raw posting to the same receiver   ${round(raw)} posts/s`);
      await report(system, 'one endpoint', deliveries, 1, raw);
      await latency(system, quick ? 5 : 20);
      await system.register(TEN.slice(1));
      await burst(system, 500, TEN.length);
      await report(system, 'ten endpoints', deliveries / 5, TEN.length, raw);
    } finally {
      await system.stop();
    }
  },
};

async function report(
  system: SystemUnderTest,
  name: string,
  events: number,
  fanOut: number,
  raw: number,
): Promise<void> {
  const cpuBefore = system.cpuTime();
  const seconds = await burst(system, events, fanOut);
  await projected(system, events * fanOut);
  const cpuAfter = system.cpuTime();
  const rate = (events * fanOut) / seconds;
  print(
    `${name.padEnd(14)} ${round(events / seconds)} events/s, ${round(rate)} deliveries/s, ${round(rate / raw, 3)} of raw`,
  );
  if (cpuBefore === null || cpuAfter === null) return;
  const { whole, parts } = cpuTimeBetween(cpuBefore, cpuAfter);
  const each = (ms: number): string => round(ms / (events * fanOut), 3);
  const split = parts
    .filter(([, ms]) => ms >= events * fanOut * 0.001)
    .map(([part, ms]) => `${part} ${each(ms)}`);
  print(`${''.padEnd(14)} CPU ${each(whole)} ms a delivery: ${split.join(', ')}`);
}

async function latency({ receivers, publisher }: SystemUnderTest, seconds: number): Promise<void> {
  await receivers.reset();
  const published = await publishSteadily(publisher, STEADY_RATE, seconds);
  await receivers.arrived(published.size, LIMIT_MS);
  const took = (await receivers.arrivals()).map(({ mark, at }) => at - (published.get(mark) ?? at));
  print(
    `intake to arrival at ${STEADY_RATE} events/s: p50 ${round(percentile(took, 0.5), 1)} ms, ` +
      `p99 ${round(percentile(took, 0.99), 1)} ms, longest ${round(percentile(took, 1), 1)} ms`,
  );
}

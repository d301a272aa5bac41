import { setTimeout as delay } from 'node:timers/promises';

import { publishBurst, publishSteadily } from '@skillora/load';

import { cpuTimeOfTree } from '../cpu-time.js';
import { percentile, print, round } from '../figures.js';
import { RAW_BODY, rawPostingRate } from '../raw-posting.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const STEADY_RATE = 400;
const LIMIT_MS = 180_000;
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
      // The first deliveries pay for compiling, connecting and growing; nobody measures those.
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

/** Publishes `events` at once. @returns seconds until all have arrived at all `fanOut` endpoints. */
async function burst(
  { receivers, publisher }: SystemUnderTest,
  events: number,
  fanOut: number,
): Promise<number> {
  await receivers.reset();
  const began = await publishBurst(publisher, events);
  const { lastAt } = await receivers.arrived(events * fanOut, LIMIT_MS);
  return (lastAt - began) / 1_000;
}

async function report(
  system: SystemUnderTest,
  name: string,
  events: number,
  fanOut: number,
  raw: number,
): Promise<void> {
  const { pid } = system.stack;
  const cpuBefore = pid === undefined ? null : cpuTimeOfTree(pid);
  const seconds = await burst(system, events, fanOut);
  await projected(system, events * fanOut);
  const cpuAfter = pid === undefined ? null : cpuTimeOfTree(pid);
  const rate = (events * fanOut) / seconds;
  print(
    `${name.padEnd(14)} ${round(events / seconds)} events/s, ${round(rate)} deliveries/s, ${round(rate / raw, 3)} of raw`,
  );
  if (cpuBefore === null || cpuAfter === null) return;
  const parts = [...cpuAfter].map(([part, after]): [string, number] => [
    part,
    (after - (cpuBefore.get(part) ?? 0)) / (events * fanOut),
  ]);
  const whole = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const split = parts.filter(([, ms]) => ms >= 0.001).map(([part, ms]) => `${part} ${round(ms, 3)}`);
  print(`${''.padEnd(14)} CPU ${round(whole, 3)} ms a delivery: ${split.join(', ')}`);
}

/** The work of a burst is done when the audit shows it: its CPU time counts too. */
async function projected(system: SystemUnderTest, deliveries: number): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  let before = -1;
  while (Date.now() < deadline) {
    const total = await totalDeliveries(system);
    if (total === before && total >= deliveries) return;
    before = total;
    await delay(500);
  }
}

async function totalDeliveries({ stack }: SystemUnderTest): Promise<number> {
  const response = await fetch(`${stack.address.api}/api/v1/webhook-endpoints/?page_size=200`, {
    headers: { authorization: `Bearer ${stack.address.token}` },
  });
  const { results } = (await response.json()) as { results: { total_deliveries: number }[] };
  return results.reduce((sum, { total_deliveries }) => sum + total_deliveries, 0);
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

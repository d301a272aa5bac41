import { setTimeout as delay } from 'node:timers/promises';

import { RunningStack } from '@skillora/running-stack';

import { cpuTimeOfTree } from './cpu-time.js';
import { EventLoad, RAW_BODY } from './event-load.js';
import { rawPostingRate } from './raw-posting.js';
import { SinkProcess } from './sink-process.js';

/*
 * npm run bench: the whole system on this machine, from the public topic to a receiver, beside the rate at which the
 * same receiver takes bare posts in the same run. Machines differ and are noisy: compare the ratios.
 */
const quick = process.argv.includes('--quick');
const BURST_DELIVERIES = quick ? 4_000 : 20_000;
const STEADY_RATE = 400;
const STEADY_SECONDS = quick ? 5 : 20;
const LIMIT_MS = 180_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const round = (value: number, digits = 0): string => value.toFixed(digits);
const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const sink = await SinkProcess.start();
const stack = await RunningStack.start({ ALLOW_HTTP_TARGETS: 'true', ALLOWED_TARGET_CIDRS: '127.0.0.0/8' });
const { address } = stack;
const load = await EventLoad.connect(address.brokers, address.organizationId);

try {
  print(`node ${process.version}, ${BURST_DELIVERIES} deliveries a burst`);
  await register();
  // The first deliveries pay for compiling, connecting and growing; nobody measures those.
  await burst(2_000, 1);
  const raw = await rawPostingRate(sink.url, RAW_BODY, BURST_DELIVERIES, 64);
  print(`raw posting to the same receiver   ${round(raw)} posts/s`);
  await report('one endpoint', BURST_DELIVERIES, 1, raw);
  await latency();
  for (let endpoints = 1; endpoints < 10; endpoints += 1) await register();
  await burst(500, 10);
  await report('ten endpoints', BURST_DELIVERIES / 5, 10, raw);
} finally {
  await load.disconnect();
  await stack.stop();
  sink.stop();
}

async function register(): Promise<void> {
  const response = await fetch(`${address.api}/api/v1/webhook-endpoints/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${address.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: sink.url, events: ['interview_completed'], description: 'bench' }),
  });
  if (!response.ok) throw new Error(`no endpoint: ${response.status} ${await response.text()}`);
}

/** Publishes `events` at once. @returns seconds until all have arrived at all `fanOut` endpoints. */
async function burst(events: number, fanOut: number): Promise<number> {
  sink.reset();
  const began = await load.burst(events);
  const { lastAt } = await sink.arrived(events * fanOut, LIMIT_MS);
  return (lastAt - began) / 1_000;
}

async function report(name: string, events: number, fanOut: number, raw: number): Promise<void> {
  const cpuBefore = stack.pid === undefined ? null : cpuTimeOfTree(stack.pid);
  const seconds = await burst(events, fanOut);
  await projected(events * fanOut);
  const cpuAfter = stack.pid === undefined ? null : cpuTimeOfTree(stack.pid);
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
async function projected(deliveries: number): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  let before = -1;
  while (Date.now() < deadline) {
    const total = await totalDeliveries();
    if (total === before && total >= deliveries) return;
    before = total;
    await delay(500);
  }
}

async function totalDeliveries(): Promise<number> {
  const response = await fetch(`${address.api}/api/v1/webhook-endpoints/?page_size=200`, {
    headers: { authorization: `Bearer ${address.token}` },
  });
  const { results } = (await response.json()) as { results: { total_deliveries: number }[] };
  return results.reduce((sum, { total_deliveries }) => sum + total_deliveries, 0);
}

async function latency(): Promise<void> {
  sink.reset();
  const published = await load.steady(STEADY_RATE, STEADY_SECONDS);
  const { marks } = await sink.arrived(published.size, LIMIT_MS);
  const took = marks.flatMap(([mark, at]) => {
    const began = published.get(mark);
    return began === undefined ? [] : [at - began];
  });
  took.sort((a, b) => a - b);
  print(
    `intake to arrival at ${STEADY_RATE} events/s: p50 ${round(percentile(took, 0.5), 1)} ms, ` +
      `p99 ${round(percentile(took, 0.99), 1)} ms, longest ${round(took.at(-1) ?? NaN, 1)} ms`,
  );
}

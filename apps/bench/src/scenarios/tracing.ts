import { TraceCollector } from '@skillora/running-stack';

import { burst, projected } from '../burst.js';
import { cpuTimeOfTree } from '../cpu-time.js';
import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const WARMING = 3_000;

/** One of the systems that are held against each other. */
interface Contender {
  readonly name: string;
  readonly system: SystemUnderTest;
  /** Deliveries a second, and CPU ms for each, of every turn. */
  readonly rates: number[];
  readonly cpu: number[];
}

export const tracing: Scenario = {
  name: 'tracing',
  description: 'deliveries a second and CPU for each with tracing off, on, and on for one trace in ten',
  async run({ quick }) {
    const deliveries = quick ? 2_000 : 4_000;
    const collector = await TraceCollector.start();
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_BSP_MAX_QUEUE_SIZE: '20000' };
    const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' };
    const contenders: Contender[] = [];
    try {
      for (const [name, settings] of [
        ['off', {}],
        ['on', on],
        ['one in ten', { ...on, ...sampled }],
      ] as const) {
        const system = await SystemUnderTest.start(1, settings);
        contenders.push({ name, system, rates: [], cpu: [] });
        await system.register([0]);
        // The first deliveries pay for compiling, connecting and growing; nobody measures those.
        await burst(system, WARMING, 1);
        await projected(system, WARMING);
      }
      // In turn, so that whatever else the machine does meets all.
      for (let turn = 0; turn < (quick ? 3 : 5); turn += 1) {
        for (const contender of contenders) await measure(contender, deliveries);
      }
      const [off] = contenders;
      for (const { name, rates, cpu, system } of contenders) {
        const [rate, each] = [percentile(rates, 0.5), percentile(cpu, 0.5)];
        print(
          `${name.padEnd(10)} ${round(rate)} deliveries/s, CPU ${round(each, 3)} ms a delivery; of off ` +
            `${round(rate / percentile(off?.rates ?? [], 0.5), 2)} and ${round(each / percentile(off?.cpu ?? [], 0.5), 2)} (medians); spans ${await spansOf(system)}`,
        );
      }
    } finally {
      for (const { system } of contenders) await system.stop();
      await collector.stop();
    }
  },
};

async function measure({ system, rates, cpu }: Contender, deliveries: number): Promise<void> {
  const { pid } = system.stack;
  const before = total(pid);
  const seconds = await burst(system, deliveries, 1);
  await projected(system, WARMING + (rates.length + 1) * deliveries);
  rates.push(deliveries / seconds);
  cpu.push((total(pid) - before) / deliveries);
}

/** NaN where the machine does not tell. */
function total(pid: number | undefined): number {
  const times = pid === undefined ? null : cpuTimeOfTree(pid);
  return times === null ? NaN : [...times.values()].reduce((sum, ms) => sum + ms, 0);
}

/** What became of the spans of all services. */
async function spansOf({ stack }: SystemUnderTest): Promise<string> {
  const counts = new Map<string, number>();
  for (const service of [stack.address.api, stack.address.ingest, stack.address.dispatcher]) {
    const page = await (await fetch(`${service}/metrics`)).text();
    for (const [, outcome = '', count] of page.matchAll(
      /^webhook_trace_spans_total\{outcome="(\w+)"\} (\d+)$/gm,
    )) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + Number(count));
    }
  }
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
}

import { TraceCollector } from '@skillora/running-stack';

import { Contenders } from '../contenders.js';
import { print } from '../figures.js';
import { MeasuredTraffic } from '../measured-traffic.js';
import type { Scenario } from '../scenario.js';
import type { SystemUnderTest } from '../system-under-test.js';

const WARMING = 3_000;

export const tracing: Scenario = {
  name: 'tracing',
  description: 'deliveries a second and CPU for each with tracing off, on, and on for one trace in ten',
  async run({ quick }) {
    const deliveries = quick ? 2_000 : 5_000;
    const collector = await TraceCollector.start();
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_BSP_MAX_QUEUE_SIZE: '20000' };
    const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' };
    const traffic = new MeasuredTraffic();
    let contenders: Contenders | null = null;
    try {
      contenders = await Contenders.start(1, { off: {}, on, 'one in ten': { ...on, ...sampled } });
      await contenders.each((system) => system.register([0]));
      // The first deliveries include compiling, connecting and growing, so they are not measured.
      await contenders.each((system) => traffic.fullSpeed(system, WARMING, 1));
      await contenders.compare('tracing off, on, and for one trace in ten', quick ? 3 : 5, (system) =>
        traffic.fullSpeed(system, deliveries, 1),
      );
      await contenders.each(async (system) => print(`  spans ${await spansOf(system)}`));
    } finally {
      await contenders?.stop();
      await collector.stop();
    }
  },
};

/** The numbers of spans of all services by outcome. */
async function spansOf({ stack }: SystemUnderTest): Promise<string> {
  const counts = new Map<string, number>();
  for (const service of Object.values(stack.address.management)) {
    const page = await (await fetch(`${service}/metrics`)).text();
    for (const [, outcome = '', count] of page.matchAll(
      /^webhook_trace_spans_total\{outcome="(\w+)"\} (\d+)$/gm,
    )) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + Number(count));
    }
  }
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
}

import { TraceCollector } from '@skillora/running-stack';

import { burst, projected } from '../burst.js';
import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const WARMING = 3_000;

/** One of the compared systems. */
interface Contender {
  readonly name: string;
  readonly system: SystemUnderTest;
  /** The result of each turn. */
  readonly turns: Turn[];
}

interface Turn {
  /** Deliveries a second. */
  readonly rate: number;
  /** CPU for each delivery, ms: of everything, and of our services only. */
  readonly whole: number;
  readonly services: number;
}

const SERVICES = ['event-ingest', 'dispatcher', 'endpoint-registry'];

export const tracing: Scenario = {
  name: 'tracing',
  description: 'deliveries a second and CPU for each with tracing off, on, and on for one trace in ten',
  async run({ quick }) {
    const deliveries = quick ? 2_000 : 5_000;
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
        contenders.push({ name, system, turns: [] });
        await system.register([0]);
        // The first deliveries include compiling, connecting and growing, so they are not measured.
        await burst(system, WARMING, 1);
        await projected(system, WARMING);
      }
      // In turn, so that other work of the machine affects all of them.
      for (let turn = 0; turn < (quick ? 3 : 5); turn += 1) {
        for (const contender of contenders) await measure(contender, deliveries);
      }
      const off = medians(contenders[0]?.turns ?? []);
      for (const { name, turns, system } of contenders) {
        const { rate, whole, services } = medians(turns);
        print(
          `${name.padEnd(10)} medians: ${describe({ rate, whole, services })}; of off ` +
            `${round(rate / off.rate, 2)}, ${round(whole / off.whole, 2)} and ${round(services / off.services, 2)}; ` +
            `spans ${await spansOf(system)}`,
        );
      }
    } finally {
      for (const { system } of contenders) await system.stop();
      await collector.stop();
    }
  },
};

async function measure({ name, system, turns }: Contender, deliveries: number): Promise<void> {
  const before = cpuOf(system);
  const seconds = await burst(system, deliveries, 1);
  await projected(system, WARMING + (turns.length + 1) * deliveries);
  const after = cpuOf(system);
  const turn = {
    rate: deliveries / seconds,
    whole: (after.whole - before.whole) / deliveries,
    services: (after.services - before.services) / deliveries,
  };
  turns.push(turn);
  print(`  ${name.padEnd(10)} ${describe(turn)}`);
}

const describe = ({ rate, whole, services }: Turn): string =>
  `${round(rate)} deliveries/s, CPU ${round(whole, 3)} ms each, ${round(services, 3)} of it in our services`;

function medians(turns: readonly Turn[]): Turn {
  const median = (of: (turn: Turn) => number): number => percentile(turns.map(of), 0.5);
  return {
    rate: median(({ rate }) => rate),
    whole: median(({ whole }) => whole),
    services: median(({ services }) => services),
  };
}

/** CPU ms so far; NaN if the machine does not report it. */
function cpuOf(system: SystemUnderTest): { whole: number; services: number } {
  const times = system.cpuTime();
  if (times === null) return { whole: NaN, services: NaN };
  const sum = (all: number[]): number => all.reduce((total, ms) => total + ms, 0);
  return {
    whole: sum([...times.values()]),
    services: sum(SERVICES.map((service) => times.get(service) ?? 0)),
  };
}

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

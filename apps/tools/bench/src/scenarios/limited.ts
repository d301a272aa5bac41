import { randomUUID } from 'node:crypto';

import { publishSteadily } from '@skillora/load';

import { arrivedDeliveries } from '../arrived-deliveries.js';
import { cpuTimeBetween } from '../cpu-time.js';
import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const HEALTHY = 8;
/** Events a second for the healthy endpoints. */
const PER_SECOND = 10;
/** How many deliveries of each limited endpoint wait at the beginning, behind its limit. */
const BACKLOG = 10;
const CHANGES_AT_ONCE = 16;

/** The type of the events for the many endpoints. */
const OTHERS = 'mock_interview_completed';

/** What the many endpoints do while the healthy ones are measured. They get one event a second, or none. */
const PHASES = {
  without: { name: 'without them', get: false, limit: null },
  unlimited: { name: 'beside them without a limit', get: true, limit: null },
  limited: { name: 'beside them with a limit of 1 and a backlog', get: true, limit: 1 },
} as const;
type Phase = keyof typeof PHASES;

/** The result of one turn. */
interface Turn {
  readonly took: readonly number[];
  readonly missing: number;
  /** CPU cores used, and deliveries a second to the many endpoints. */
  readonly cores: number;
  readonly rate: number;
}

export const limited: Scenario = {
  name: 'limited',
  description:
    'p99 of healthy endpoints beside 1,000 with a rate limit and a backlog, and beside as many without',
  async run({ quick }) {
    const many = quick ? 100 : 1_000;
    const seconds = quick ? 10 : 20;
    const system = await SystemUnderTest.start(HEALTHY + many, { ENDPOINT_CHANGES_PER_HOUR: '1000000' });
    const turns: Record<Phase, Turn[]> = { without: [], unlimited: [], limited: [] };
    try {
      const { registration, receivers } = system;
      await system.register(Array.from({ length: HEALTHY }, (_, index) => index));
      const ids = await each(receivers.urls.slice(HEALTHY), (url) =>
        registration.register(url, 'many', OTHERS),
      );
      await measure(system, many, PHASES.unlimited, 5);
      let present: number | null = null;
      for (let turn = 0; turn < (quick ? 2 : 3); turn += 1) {
        for (const phase of Object.keys(PHASES) as Phase[]) {
          const { limit } = PHASES[phase];
          if (limit !== present) await each(ids, (id) => registration.change(id, { rate_limit: limit }));
          present = limit;
          const measured = await measure(system, many, PHASES[phase], seconds);
          turns[phase].push(measured);
          print(`  ${PHASES[phase].name}: p99 ${round(percentile(measured.took, 0.99), 1)} ms`);
        }
      }
    } finally {
      await system.stop();
    }
    const p99 = (phase: Phase): number =>
      percentile(
        turns[phase].flatMap(({ took }) => took),
        0.99,
      );
    for (const phase of Object.keys(PHASES) as Phase[]) {
      const took = turns[phase].flatMap((turn) => turn.took);
      const average = (of: (turn: Turn) => number): number =>
        turns[phase].reduce((sum, turn) => sum + of(turn), 0) / turns[phase].length;
      print(
        `${HEALTHY} healthy ${PHASES[phase].name} (${many}): p50 ${round(percentile(took, 0.5), 1)} ms, ` +
          `p99 ${round(p99(phase), 1)} ms, ${round(average(({ missing }) => missing))} missing, ` +
          `${round(average(({ rate }) => rate))} deliveries/s to the many, ${round(
            average(({ cores }) => cores),
            2,
          )} cores`,
      );
    }
    print(
      `p99 beside a limit and a backlog ${round(p99('limited') / p99('unlimited'), 2)} times that beside as many ` +
        `deliveries without; ${round(p99('limited') / p99('without'), 2)} times that without them`,
    );
  },
};

async function measure(
  system: SystemUnderTest,
  many: number,
  { get, limit }: (typeof PHASES)[Phase],
  seconds: number,
): Promise<Turn> {
  const { receivers, publisher } = system;
  const others = { publish: (marks: readonly string[]) => publisher.publish(marks, OTHERS) };
  await receivers.reset();
  let expected = 0;
  /** How many arrived before the measurement. */
  let gone = 0;
  if (limit !== null) {
    await others.publish(Array.from({ length: BACKLOG }, () => randomUUID()));
    expected += BACKLOG;
    // All of it is known and waits when each endpoint has had one.
    await receivers.arrived(many, 180_000);
    gone = (await receivers.take()).length;
  }
  const before = system.cpuTime();
  const began = performance.now();
  const [published] = await Promise.all([
    publishSteadily(publisher, PER_SECOND, seconds),
    get ? publishSteadily(others, 1, seconds) : Promise.resolve(),
  ]);
  const ms = performance.now() - began;
  const after = system.cpuTime();
  const { took, missing } = await arrivedDeliveries(receivers, published, HEALTHY);
  const rate = (await receivers.arrivals()).filter(({ receiver }) => receiver >= HEALTHY).length / seconds;
  if (get) expected += seconds;
  // The next turn begins when nothing waits any more.
  await receivers.arrived(published.size * HEALTHY + expected * many - gone, 600_000);
  const cores = before && after ? cpuTimeBetween(before, after).whole / ms : NaN;
  return { took, missing, cores, rate };
}

/** Calls a function for each item, several at a time. */
async function each<I, O>(items: readonly I[], call: (item: I) => Promise<O>): Promise<O[]> {
  const results: O[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await call(item);
  };
  await Promise.all(Array.from({ length: CHANGES_AT_ONCE }, work));
  return results;
}

import { setTimeout as delay } from 'node:timers/promises';

import { type Arrival, publishSteadily } from '@skillora/load';
import { ExtraDispatcher } from '@skillora/running-stack';

import { GroupOwners } from '../group-owners.js';
import { print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const ENDPOINTS = 12;
const EVENTS_PER_SECOND = 40;
/** Longer than the session of a killed instance and the rebalance after its end. */
const WATCHED_MS = 20_000;
const COPIES = 3;
const SETTINGS = { ALLOW_HTTP_TARGETS: 'true', ALLOWED_TARGET_CIDRS: '127.0.0.0/8' };

/** One instance joins or leaves, and the effect on its customers. */
interface Change {
  readonly name: string;
  readonly make: () => Promise<unknown>;
}

export const scaling: Scenario = {
  name: 'scaling',
  description: 'the longest pause of an endpoint while a dispatcher joins, leaves or is killed',
  async run({ quick }) {
    const system = await SystemUnderTest.start(ENDPOINTS);
    const copies: ExtraDispatcher[] = [];
    const join = async (): Promise<unknown> =>
      copies.push(await ExtraDispatcher.start(system.stack.address.dataDir, SETTINGS));
    const changes: Change[] = [
      ...Array.from({ length: COPIES }, (_, copy) => ({ name: `copy ${copy + 2} joins`, make: join })),
      { name: 'a copy is killed', make: async () => copies.pop()?.end('SIGKILL') },
      ...Array.from({ length: COPIES - 1 }, () => ({
        name: 'a copy leaves',
        make: async () => copies.pop()?.end('SIGTERM'),
      })),
    ];
    try {
      await system.register(system.receivers.urls.map((_, receiver) => receiver));
      await publishSteadily(system.publisher, EVENTS_PER_SECOND, 5);
      for (const change of quick ? changes.slice(0, 1) : changes) await watch(system, change);
    } finally {
      for (const copy of copies) await copy.end('SIGKILL');
      await system.stop();
    }
  },
};

/**
 * Makes a change under load and prints the longest pause between two arrivals at an endpoint, separately for
 * partitions that stayed and partitions that moved.
 */
async function watch(system: SystemUnderTest, { name, make }: Change): Promise<void> {
  const { receivers, publisher, stack } = system;
  const owners = await GroupOwners.connect(stack.address.brokers);
  try {
    await receivers.reset();
    const publishing = publishSteadily(publisher, EVENTS_PER_SECOND, WATCHED_MS / 1_000);
    await delay(2_000);
    const before = await owners.read();
    await make();
    const published = await publishing;
    await receivers.arrived(published.size * ENDPOINTS, 60_000);
    const after = await owners.read();
    const arrivals = await receivers.arrivals();
    const eventsStay = owners.stays('fan-out', stack.address.organizationId, before, after);
    const pauses = { stays: [0], moves: [0] };
    for (const [receiver, id] of system.endpointIds.entries()) {
      const stays = eventsStay && owners.stays('deliver', id, before, after);
      pauses[stays ? 'stays' : 'moves'].push(
        longestPause(arrivals.filter((each) => each.receiver === receiver)),
      );
    }
    const distinct = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`)).size;
    print(
      `${name.padEnd(16)} longest pause: ${told(pauses.stays)} where the partitions stay, ${told(pauses.moves)} where one moves` +
        ` (that of the events ${eventsStay ? 'stays' : 'moves'}); ${published.size * ENDPOINTS - distinct} missing, ${arrivals.length - distinct} repeated`,
    );
  } finally {
    await owners.disconnect();
  }
}

function told(pauses: readonly number[]): string {
  return pauses.length === 1 ? 'none' : `${round(Math.max(...pauses))} ms (${pauses.length - 1} endpoints)`;
}

function longestPause(arrivals: readonly Arrival[]): number {
  const times = arrivals.map(({ at }) => at).sort((a, b) => a - b);
  return times.reduce((longest, at, index) => Math.max(longest, at - (times[index - 1] ?? at)), 0);
}

import { publishSteadily } from '@skillora/load';
import { Operator } from '@skillora/running-stack';

import { arrivedDeliveries } from '../arrived-deliveries.js';
import type { Attack, Attacker } from '../attacks/attack.js';
import { hangingEndpoints, promptEndpoints } from '../attacks/hanging-endpoints.js';
import { largeFanOuts } from '../attacks/large-fan-outs.js';
import { largePages } from '../attacks/large-pages.js';
import { longNumbers } from '../attacks/long-numbers.js';
import { manyFaults } from '../attacks/many-faults.js';
import { testSends } from '../attacks/test-sends.js';
import { percentile, print, round } from '../figures.js';
import { residentMemory } from '../resident-memory.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const HEALTHY = 8;
const PER_SECOND = 20;
const ALLOWED = 1.5;
/** The default limit of an organisation; other scenarios raise it. */
const USUAL_LIMITS = { HOST_CONCURRENCY: '128', MAX_ENDPOINTS: '100' };
const SERVICES = ['event-ingest', 'dispatcher', 'endpoint-registry'] as const;

const ATTACKS: readonly Attack[] = [
  longNumbers,
  manyFaults,
  hangingEndpoints,
  promptEndpoints,
  largeFanOuts,
  testSends(true),
  testSends(false),
  largePages,
];

export const attacks: Scenario = {
  name: 'attacks',
  description: `p99 of ${HEALTHY} healthy endpoints at ${PER_SECOND} events/s, alone and while another organisation attacks`,
  async run({ quick, attack: words }) {
    const chosen = ATTACKS.filter(({ name }) => name.includes(words ?? ''));
    if (chosen.length === 0) throw new Error(`no attack has “${words ?? ''}” in its name`);
    for (const attack of chosen) await compare(attack, quick ? 10 : 30);
  },
};

async function compare(attack: Attack, seconds: number): Promise<void> {
  const system = await SystemUnderTest.start(HEALTHY + 2, USUAL_LIMITS);
  try {
    await system.receivers.behave({ kind: 'hang' }, [HEALTHY]);
    await system.register(Array.from({ length: HEALTHY }, (_, index) => index));
    const attacker = await attackerOf(system);
    await attack.prepare?.(attacker);
    await measure(system, 5);
    const alone = await measure(system, seconds);
    const before = memory(system);

    const over = new AbortController();
    const answers = new Map<string, number>();
    const attacking = repeat(attack, attacker, answers, over.signal);
    const beside = await measure(system, seconds);
    const after = memory(system);
    over.abort();
    await attacking;

    print(`${attack.name}: p99 ${round(alone, 1)} ms alone, ${round(beside, 1)} ms beside it`);
    const wanted = attack.isControl ? 'the same load as the attack before' : `at most ${ALLOWED} is wanted`;
    print(`  ratio ${round(beside / alone, 2)}, ${wanted}`);
    print(`  answers: ${[...answers].map(([status, times]) => `${times} × ${status}`).join(', ')}`);
    print(
      `  MB before and with it: ${SERVICES.map((service, index) => `${service} ${before[index]} and ${after[index]}`).join(', ')}`,
    );
  } finally {
    await system.stop();
  }
}

async function attackerOf(system: SystemUnderTest): Promise<Attacker> {
  const { address } = system.stack;
  const operator = new Operator(address);
  const organizationId = await operator.organization('attacker');
  const { token } = await operator.token(organizationId);
  const [hangingServer = '', promptServer = ''] = system.receivers.urls.slice(HEALTHY);
  return { address, operator, organizationId, token, hangingServer, promptServer };
}

async function repeat(
  attack: Attack,
  attacker: Attacker,
  answers: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const answer of await attack.step(attacker)) answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
}

/** @returns the 99th percentile of the time from publication to arrival at the healthy endpoints, ms. */
async function measure({ receivers, publisher }: SystemUnderTest, seconds: number): Promise<number> {
  await receivers.reset();
  const published = await publishSteadily(publisher, PER_SECOND, seconds);
  const { missing, expected, took } = await arrivedDeliveries(receivers, published, HEALTHY);
  if (missing > 0) print(`  ${missing} of ${expected} deliveries are missing after two minutes`);
  return percentile(took, 0.99);
}

function memory({ stack }: SystemUnderTest): number[] {
  return SERVICES.map((service) => Math.round(residentMemory(stack.address.dataDir, service) ?? NaN));
}

import { setTimeout as delay } from 'node:timers/promises';

import { EndpointRegistration, EventPublisher, publishBurst } from '@skillora/load';
import { Operator } from '@skillora/running-stack';

import { LIMIT_MS } from '../burst.js';
import { print, round } from '../figures.js';
import { LiveTraffic } from '../live-traffic.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const WIDTHS = [1, 100, 10_000];
const NEIGHBOURS = 8;
const PER_SECOND = 20;
/** How many endpoints are registered at a time. */
const AT_ONCE = 8;
/** The shortest pause between two events of the wide organisation, ms. */
const TICK_MS = 20;

export const widths: Scenario = {
  name: 'widths',
  description: `what an organisation with 1 to ${WIDTHS.at(-1)} endpoints gets from one instance, and p99 of another one on its partition`,
  async run({ quick }) {
    for (const width of quick ? WIDTHS.slice(0, 2) : WIDTHS) await measure(width, quick);
  },
};

async function measure(width: number, quick: boolean): Promise<void> {
  const system = await SystemUnderTest.start(NEIGHBOURS + 1, { TOPIC_PARTITIONS: '1' });
  const { receivers } = system;
  try {
    await system.register(Array.from({ length: NEIGHBOURS }, (_, index) => index));
    const publisher = await wideOrganization(system, width);
    const traffic = new LiveTraffic(system, NEIGHBOURS, PER_SECOND);
    const seconds = quick ? 5 : 30;
    await traffic.p99(5);
    const alone = await traffic.p99(seconds);

    const deliveries = quick ? 2_000 : 20_000;
    const events = Math.ceil(deliveries / width);
    await receivers.reset();
    const began = await publishBurst(publisher, events);
    const { lastAt } = await receivers.arrived(events * width, LIMIT_MS);
    const rate = (events * width) / ((lastAt - began) / 1_000);

    const over = new AbortController();
    await receivers.reset();
    const publishing = halfTheRate(publisher, width, rate, over.signal);
    const beside = await traffic.p99(seconds);
    over.abort();
    await publishing;
    await publisher.disconnect();
    print(
      `${width} endpoints: ${round(rate)} deliveries/s. p99 of its neighbours ${round(alone, 1)} ms alone, ` +
        `${round(beside, 1)} ms beside half of that rate: ${round(beside / alone, 2)}`,
    );
  } finally {
    await system.stop();
  }
}

/** Registers the organisation with its endpoints, all at the last receiver. @returns its producer. */
async function wideOrganization(
  { stack: { address }, receivers }: SystemUnderTest,
  width: number,
): Promise<EventPublisher> {
  const operator = new Operator(address);
  const organizationId = await operator.organization('wide');
  const { token } = await operator.token(organizationId);
  const registration = new EndpointRegistration(address.api, token);
  const url = receivers.urls[NEIGHBOURS] ?? '';
  for (let registered = 0; registered < width; registered += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, width - registered) });
    await Promise.all(some.map(() => registration.register(url, 'bench')));
  }
  return EventPublisher.connect(address.brokers, organizationId);
}

/** Publishes events for half as many deliveries a second as the instance makes, evenly: in bursts it would measure the burst. */
async function halfTheRate(
  publisher: EventPublisher,
  width: number,
  rate: number,
  signal: AbortSignal,
): Promise<void> {
  const eventsAMs = rate / 2 / width / 1_000;
  const atOnce = Math.ceil(eventsAMs * TICK_MS);
  for (let due = performance.now(); !signal.aborted; due += atOnce / eventsAMs) {
    await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined);
    await publishBurst(publisher, atOnce);
  }
}

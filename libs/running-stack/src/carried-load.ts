import { EndpointRegistration, EventPublisher, publishBurst, Receivers } from '@skillora/load';
import { whileItMoves } from '@skillora/testing';

import { Audit } from './audit.js';
import type { StackAddress } from './running-stack.js';

/** The first burst warms up the code and decides the size of the measured one. */
const FIRST_EVENTS = 100;
const BURST_SECONDS = 4;
const MOST_EVENTS = 4_000;
const LOOK_EVERY_MS = 50;

/** A load below this would show nothing; for a slower machine the test just waits longer. */
const LEAST_PER_SECOND = 5;

/**
 * The steady load for fault tests on a machine that carries `carried` events a second: a third of it, at most
 * `most`. The rest is for retries, starting services and other work of the machine.
 */
export function shownUnder(carried: number, most: number): number {
  return Math.min(most, Math.max(LEAST_PER_SECOND, Math.floor(carried / 3)));
}

/** On a slow machine, the attempts in progress at a few endpoints during a fault are more than 1 %. */
const UNDER_WAY = 20;

/**
 * How many of these deliveries may arrive twice after this many faults: 1 %, or the few that were in
 * progress.
 */
export function mayRepeat(deliveries: number, faults: number): number {
  return Math.max(deliveries / 100, faults * UNDER_WAY);
}

/**
 * Measures how many events a second a system carries on this machine now, with this many endpoints whose
 * servers answer at once. The time counts from the first publication until the audit shows the last delivery.
 * It takes at least some seconds, and deletes its endpoints afterwards.
 */
export async function carriedPerSecond(
  { api, token, brokers, organizationId }: Pick<StackAddress, 'api' | 'token' | 'brokers' | 'organizationId'>,
  endpoints: number,
): Promise<number> {
  const audit = new Audit({ api, token });
  const registration = new EndpointRegistration(api, token);
  const receivers = await Receivers.start(endpoints);
  const publisher = await EventPublisher.connect(brokers, organizationId);
  try {
    const ids: string[] = [];
    for (const url of receivers.urls) ids.push(await registration.register(url, 'what the machine carries'));
    let published = 0;
    const burst = async (events: number): Promise<number> => {
      const began = performance.now();
      published += events;
      await publishBurst(publisher, events);
      await whileItMoves(
        `the deliveries of ${published} events, published to see what this machine carries`,
        async () => {
          const shown = await Promise.all(ids.map((id) => audit.total(id)));
          const { arrivals } = await receivers.count();
          const come = shown.reduce((sum, total) => sum + total, arrivals);
          return { over: come >= 2 * endpoints * published, come };
        },
        { everyMs: LOOK_EVERY_MS },
      );
      return events / ((performance.now() - began) / 1_000);
    };
    const first = await burst(FIRST_EVENTS);
    return await burst(Math.min(MOST_EVENTS, Math.max(FIRST_EVENTS, Math.round(first * BURST_SECONDS))));
  } finally {
    await registration.removeAll();
    await publisher.disconnect();
    receivers.stop();
  }
}

import { whileItMoves } from '@skillora/engines';
import { EndpointRegistration, EventPublisher, publishBurst, Receivers } from '@skillora/load';

import { Audit } from './audit.js';
import type { StackAddress } from './running-stack.js';

/** The first burst finds cold code, and says how large the one is to be that counts. */
const FIRST_EVENTS = 100;
const BURST_SECONDS = 4;
const MOST_EVENTS = 4_000;
const LOOK_EVERY_MS = 50;

/** Below this a load would show nothing; a machine that cannot carry it is only waited for longer. */
const LEAST_PER_SECOND = 5;

/**
 * The steady load under which faults are shown on a machine that carries `carried` events a second: a third of it, since
 * retries, services that start and what else the machine has to do need the rest. At most `most`.
 */
export function shownUnder(carried: number, most: number): number {
  return Math.min(most, Math.max(LEAST_PER_SECOND, Math.floor(carried / 3)));
}

/** Of a machine that carries little, what is under way at a few endpoints when something dies is more than 1 %. */
const UNDER_WAY = 20;

/** How many of so many deliveries may arrive twice after so many faults: 1 %, or the few that were under way. */
export function mayRepeat(deliveries: number, faults: number): number {
  return Math.max(deliveries / 100, faults * UNDER_WAY);
}

/**
 * Measures how many events a second a system carries on this machine as it is now, with so many endpoints whose servers
 * answer at once: from the first event's publication until the audit shows the last delivery. It takes some seconds, or
 * as long as it takes, and leaves no endpoint behind.
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

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { EndpointRegistration, HttpPublisher, NotAccepted } from '@skillora/load';

import type { Attack, Attacker } from './attack.js';

/** The default limit of endpoints. */
const ENDPOINTS = 100;

/** The maximum number of endpoints, on one server that never answers, and events for all of them. */
export const hangingEndpoints: Attack = {
  name: `${ENDPOINTS} endpoints on one server that hangs`,
  prepare: registerAll,
  async step({ address, token }) {
    await delay(500);
    const publisher = new HttpPublisher(address.ingest, token);
    return publisher.publish(Array.from({ length: 5 }, () => randomUUID())).then(
      () => ['202'],
      (error: unknown) => [String((error instanceof NotAccepted ? error.status : null) ?? 'no answer')],
    );
  },
};

/** Registers them all at the attacker's first server. */
export async function registerAll({ address, token, servers: [server = ''] }: Attacker): Promise<void> {
  const registration = new EndpointRegistration(address.api, token);
  for (let index = 0; index < ENDPOINTS; index += 1)
    await registration.register(`${server}${index}`, 'attack');
}

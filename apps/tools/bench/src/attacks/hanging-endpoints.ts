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
  step: publishForAll,
};

/** The same endpoints and events, on a server that answers. */
export const promptEndpoints: Attack = {
  name: `${ENDPOINTS} endpoints on one server that answers (control)`,
  isControl: true,
  prepare: (attacker) => registerAll({ ...attacker, hangingServer: attacker.promptServer }),
  step: publishForAll,
};

/** Publishes ten events a second. @returns the answer. */
async function publishForAll({ address, token }: Attacker): Promise<readonly string[]> {
  await delay(500);
  const publisher = new HttpPublisher(address.ingest, token);
  return publisher.publish(Array.from({ length: 5 }, () => randomUUID())).then(
    () => ['202'],
    (error: unknown) => [String((error instanceof NotAccepted ? error.status : null) ?? 'no answer')],
  );
}

/** Registers them all at the server that hangs. */
export async function registerAll({ address, token, hangingServer }: Attacker): Promise<void> {
  const registration = new EndpointRegistration(address.api, token);
  for (let index = 0; index < ENDPOINTS; index += 1)
    await registration.register(`${hangingServer}${index}`, 'attack');
}

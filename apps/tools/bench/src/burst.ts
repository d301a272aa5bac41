import { setTimeout as delay } from 'node:timers/promises';

import { publishBurst } from '@skillora/load';

import type { SystemUnderTest } from './system-under-test.js';

/** A burst that takes longer than this has stopped. */
export const LIMIT_MS = 180_000;

/** Publishes `events` at once. @returns seconds until all have arrived at all `fanOut` endpoints. */
export async function burst(
  { receivers, publisher }: SystemUnderTest,
  events: number,
  fanOut: number,
): Promise<number> {
  await receivers.reset();
  const began = await publishBurst(publisher, events);
  const { lastAt } = await receivers.arrived(events * fanOut, LIMIT_MS);
  return (lastAt - began) / 1_000;
}

/** A burst is finished when the audit shows it: the CPU time for that counts too. */
export async function projected(system: SystemUnderTest, deliveries: number): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  let before = -1;
  while (Date.now() < deadline) {
    const total = await totalDeliveries(system);
    if (total === before && total >= deliveries) return;
    before = total;
    await delay(500);
  }
}

async function totalDeliveries({ stack }: SystemUnderTest): Promise<number> {
  const response = await fetch(`${stack.address.api}/api/v1/webhook-endpoints/?page_size=200`, {
    headers: { authorization: `Bearer ${stack.address.token}` },
  });
  const { results } = (await response.json()) as { results: { total_deliveries: number }[] };
  return results.reduce((sum, { total_deliveries }) => sum + total_deliveries, 0);
}

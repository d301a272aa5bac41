import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import type { EndpointState } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from './testing/running-dispatcher.js';

/** Three copies come, and three go. */
const CHANGES = 6;
/** How many attempts an endpoint may have at a time. */
const AT_A_TIME = 4;
const ENV = { ENDPOINT_CONCURRENCY: String(AT_A_TIME) };
const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';

let around: Surroundings;
const copies: RunningDispatcher[] = [];

beforeAll(async () => {
  around = await Surroundings.set(brokers);
});

afterAll(async () => {
  for (const copy of copies) await copy.stop();
  await around.clear();
});

it('from one copy to four and back, under load, nothing is lost and no attempt has two results', async () => {
  copies.push(await RunningDispatcher.start(brokers, ENV));
  const organizations = Array.from({ length: 8 }, () => randomUUID());
  const endpoints = await Promise.all(organizations.map((organization) => around.endpoint(organization)));
  let published = 0;
  let publishing = true;
  const load = (async () => {
    while (publishing) {
      await Promise.all(organizations.map((organization) => around.publish(organization, 1)));
      published += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  await waitFor(() => around.results.length > 50, 'the first results');
  for (let i = 0; i < 3; i += 1) copies.push(await RunningDispatcher.start(brokers, ENV));
  const seen = around.results.length;
  await waitFor(() => around.results.length > seen + 100, 'results of four copies');
  for (const copy of copies.splice(1)) await copy.stop();
  publishing = false;
  await load;
  const succeeded = (endpoint: EndpointState) =>
    around.resultsOf(endpoint).filter(({ status }) => status === 'success');
  await waitFor(
    () => endpoints.every((endpoint) => succeeded(endpoint).length >= published),
    'all deliveries',
  );
  let [arrivals, attempts] = [0, 0];
  for (const endpoint of endpoints) {
    expect(new Set(succeeded(endpoint).map(({ deliveryId }) => deliveryId)).size).toBe(published);
    expect(new Set(around.arrivedAt(endpoint).map(({ deliveryId }) => deliveryId)).size).toBe(published);
    const results = around.resultsOf(endpoint).map(({ deliveryId, step }) => `${deliveryId}/${step}`);
    expect(new Set(results).size).toBe(results.length);
    // One after the first is made where a machine too busy to answer in time made that fail.
    attempts += results.length;
    arrivals += around.arrivedAt(endpoint).length;
  }
  // Nothing is sent again but what was under way when its partition moved.
  expect(arrivals).toBeLessThanOrEqual(attempts + CHANGES * endpoints.length * AT_A_TIME);
});

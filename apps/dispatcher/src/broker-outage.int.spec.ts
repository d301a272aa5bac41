import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, type RunningBroker, startEmbeddedBroker } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from './testing/running-dispatcher.js';

let dataDir: string;
let broker: RunningBroker;
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'skillora-dispatcher-'));
  broker = await startEmbeddedBroker({ dataDir, port: await freePort() });
  around = await Surroundings.set(broker.brokers.join(','));
  dispatcher = await RunningDispatcher.start(broker.brokers.join(','));
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
  await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it('while no broker answers the dispatcher is not ready; then it goes on by itself, and no attempt has two results', async () => {
  const organization = randomUUID();
  const endpoint = await around.endpoint(organization);
  // The answers come when the broker is gone, so that their results have nowhere to go.
  let release: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (release = resolve));
  around.answers.set(
    endpoint.id,
    (_request, response) => void gone.then(() => response.writeHead(200).end()),
  );
  await around.publish(organization, 2);
  await waitFor(() => around.arrivedAt(endpoint).length === 2, 'both arrivals');
  await broker.kill();
  release();
  await waitFor(async () => !(await dispatcher.isReady()), 'the dispatcher being not ready');

  await broker.start();
  await waitFor(() => dispatcher.isReady(), 'the dispatcher being ready again');
  await around.publish(organization, 1);
  await waitFor(() => around.resultsOf(endpoint).length >= 3, 'the results');
  expect(around.resultsOf(endpoint).map(({ status }) => status)).toEqual(['success', 'success', 'success']);
  expect(new Set(around.resultsOf(endpoint).map(({ deliveryId }) => deliveryId)).size).toBe(3);
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { EndpointState } from '@skillora/contracts';
import { waitFor, whileItMoves } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
/** So many, and so large, that four attempts to each fill the windows of all partitions. */
const ENDPOINTS = 40;
const EVENTS = 8;
const EVENT_BYTES = 250_000;
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  dispatcher = await RunningDispatcher.start(brokers, { HOST_CONCURRENCY: '10000' });
});

/** The requests to endpoints that hang. */
const waiting = new Set<ServerResponse>();

/** From now on every request is answered at once, and those that wait are. */
function answerAll(): void {
  around.answers.clear();
  for (const response of waiting) response.writeHead(200).end();
  waiting.clear();
}

// So that the dispatcher ends soon, however a test went.
afterEach(answerAll);

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
});

describe('large events to many endpoints that hang', () => {
  it('fill the window of no partition, so neighbours are served, and all are made once they answer', async () => {
    const [organization, other] = [randomUUID(), randomUUID()];
    const hanging: EndpointState[] = [];
    for (let i = 0; i < ENDPOINTS; i += 1) {
      const endpoint = await around.endpoint(organization);
      hanging.push(endpoint);
      around.answers.set(endpoint.id, (_request, response) => void waiting.add(response));
    }
    // So many that some are in each partition.
    const healthy: EndpointState[] = [];
    for (let i = 0; i < 16; i += 1) healthy.push(await around.endpoint(other));
    const arrivedAtAll = (count: number) => () =>
      healthy.every((endpoint) => around.arrivedAt(endpoint).length === count);
    await around.publish(other, 1);
    await waitFor(arrivedAtAll(1), 'the first to the neighbours');

    await around.publish(organization, EVENTS, EVENT_BYTES);
    await waitFor(
      async () => (await dispatcher.metric('webhook_slow_lane_endpoints')) >= ENDPOINTS,
      'the backlog of each being in the slow lane',
    );
    await around.publish(other, 5);
    await waitFor(arrivedAtAll(6), 'all to the neighbours');

    answerAll();
    const made = () =>
      new Set(hanging.flatMap((each) => around.arrivedAt(each).map((one) => one.deliveryId))).size;
    await whileItMoves('all to the many, once they answer', () => {
      const come = made();
      return { over: come === ENDPOINTS * EVENTS, come };
    });
  });
});

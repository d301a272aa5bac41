import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { EndpointState } from '@skillora/contracts';
import { waitFor, whileItMoves } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const PER_HOST = 16;
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  dispatcher = await RunningDispatcher.start(brokers, { HOST_CONCURRENCY: String(PER_HOST) });
});

afterEach(() => {
  // So that the dispatcher ends soon, however a test went.
  for (const each of everyHanging.splice(0)) each.end();
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
});

const everyHanging: Hanging[] = [];

/** Endpoints that give no answer, and the requests that wait for one there. */
class Hanging {
  readonly waiting = new Set<ServerResponse>();
  /** The most requests that waited at the same time. */
  greatest = 0;
  private readonly ids: string[] = [];

  constructor() {
    everyHanging.push(this);
  }

  add({ id }: EndpointState): void {
    this.ids.push(id);
    around.answers.set(id, (_request, response) => {
      this.waiting.add(response);
      this.greatest = Math.max(this.greatest, this.waiting.size);
    });
  }

  /** From now on every request is answered at once, and those that wait are. */
  end(): void {
    for (const id of this.ids) around.answers.delete(id);
    for (const response of this.waiting) response.writeHead(200).end();
    this.waiting.clear();
  }
}

describe('a customer with many endpoints at one host', () => {
  it('sends that host no more at a time than it may, while its neighbours are served', async () => {
    const [organization, other] = [randomUUID(), randomUUID()];
    const hanging = new Hanging();
    const endpoints: EndpointState[] = [];
    for (let i = 0; i < 40; i += 1) endpoints.push(await around.endpoint(organization));
    endpoints.forEach((endpoint) => hanging.add(endpoint));
    const healthy = await around.endpoint(other);
    await around.publish(organization, 3);
    await waitFor(() => hanging.waiting.size === PER_HOST, 'as many attempts as may be under way');

    await around.publish(other, 50);
    await waitFor(() => around.arrivedAt(healthy).length === 50, 'all to the neighbour');
    expect(hanging.greatest).toBe(PER_HOST);

    hanging.end();
    const arrived = () => endpoints.reduce((sum, endpoint) => sum + around.arrivedAt(endpoint).length, 0);
    await waitFor(() => arrived() === 120, 'all to the many, once they answer');
  });
});

describe('thousands of test sends to an endpoint that hangs', () => {
  it('pause nobody of its partition, wait outside of memory, and are made once it answers', async () => {
    const [organization, other] = [randomUUID(), randomUUID()];
    const hanging = new Hanging();
    const asked = await around.endpoint(organization);
    hanging.add(asked);
    // So many that some are in the partition of the one that hangs.
    const healthy: EndpointState[] = [];
    for (let i = 0; i < 16; i += 1) healthy.push(await around.endpoint(other));
    // More than a partition's window has room for.
    await around.askForTests(asked, 2_100);
    await waitFor(() => hanging.waiting.size >= 8, 'the first test sends');

    await around.publish(other, 5);
    await waitFor(
      () => healthy.every((endpoint) => around.arrivedAt(endpoint).length === 5),
      'all to the neighbours',
    );
    await waitFor(
      async () => (await dispatcher.metric('webhook_deliveries_queued')) <= 16,
      'few of them in memory',
    );
    expect(hanging.greatest).toBeLessThanOrEqual(4 + 8);

    hanging.end();
    const made = () => new Set(around.arrivedAt(asked).map((arrival) => arrival.deliveryId)).size;
    await whileItMoves('every test send', () => {
      const come = made();
      return { over: come === 2_100, come };
    });
  });
});

import 'reflect-metadata';

import { createHmac, randomUUID } from 'node:crypto';

import { retryTopic, Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { anyDelivery } from '../testing/any-delivery.js';
import { type Arrival, RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const EVENT_BYTES = 100_000;
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  dispatcher = await RunningDispatcher.start(brokers, { NAME_LARGE_BODIES: 'true' });
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
});

/** A body as events of these tests have it, which carries its own id. */
const isWhole = ({ body }: Arrival): boolean => {
  const { data } = JSON.parse(body) as { data: { id: string; padding: string } };
  return data.padding === 'x'.repeat(EVENT_BYTES) && data.id.length === 36;
};

describe('deliveries of large events', () => {
  it('name their event on the log, and bring its body signed, byte for byte, at the first attempt and the next', async () => {
    const organization = randomUUID();
    const endpoints = await Promise.all(Array.from({ length: 5 }, () => around.endpoint(organization)));
    const [failing] = endpoints;
    if (!failing) throw new Error('no endpoint');
    const signatures: string[] = [];
    around.answers.set(failing.id, (request, response) => {
      signatures.push(String(request.headers['x-webhook-signature-256']));
      response.writeHead(signatures.length < 3 ? 500 : 200).end();
    });
    const [event] = await around.publish(organization, 1, EVENT_BYTES);
    await waitFor(
      () => endpoints.every((each) => around.resultsOf(each).some(({ status }) => status === 'success')),
      'success at all',
    );
    for (const each of endpoints) {
      for (const arrival of around.arrivedAt(each)) {
        expect(isWhole(arrival)).toBe(true);
        expect(arrival.body).toContain(event);
      }
    }
    const expected = around
      .arrivedAt(failing)
      .map(({ body }) => createHmac('sha256', 'a-secret-of-sixteen-and-more').update(body).digest('hex'));
    expect(signatures).toEqual(expected.map((each) => `sha256=${each}`));
    expect(signatures).toHaveLength(3);

    // The first attempt of each endpoint, and both retries of the one that failed.
    const written = await Promise.all([
      ...endpoints.map((each) => around.deliveriesOf(each, Topics.deliveries)),
      around.deliveriesOf(failing, retryTopic(1)),
      around.deliveriesOf(failing, retryTopic(2)),
    ]);
    expect(written.map(({ length }) => length)).toEqual([3, 1, 1, 1, 1, 1, 1]);
    const bytes = Buffer.byteLength(around.arrivedAt(failing)[0]?.body ?? '');
    for (const { body } of written.flat()) expect(body).toMatchObject({ bytes });
  });

  it('hold their bodies if these are small', async () => {
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    await around.publish(organization, 1);
    await waitFor(() => around.arrivedAt(endpoint).length === 1, 'the delivery');
    const [delivery] = await around.deliveriesOf(endpoint, Topics.deliveries);
    expect(delivery?.body).toBe(around.arrivedAt(endpoint)[0]?.body);
  });

  it('end as failed when their event is gone, and those behind them are made', async () => {
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const now = new Date().toISOString();
    const gone = anyDelivery({
      ...{ deliveryId: randomUUID(), eventId: randomUUID(), endpointId: endpoint.id },
      ...{ organizationId: organization, createdAt: now, dueAt: now },
      body: { partition: 0, offset: '999999999', bytes: EVENT_BYTES },
    });
    await around.deliver([gone]);
    await around.publish(organization, 1, EVENT_BYTES);
    await waitFor(() => around.resultsOf(endpoint).length === 2, 'both results');
    const results = new Map(around.resultsOf(endpoint).map((each) => [each.deliveryId, each]));
    expect(results.get(gone.deliveryId)).toMatchObject({
      ...{ status: 'failed', error: 'event_gone', attempt: null },
    });
    expect(around.arrivedAt(endpoint).map(isWhole)).toEqual([true]);
  });

  it('are made by another dispatcher later, also by one that makes none of that kind', async () => {
    const organization = randomUUID();
    const heldSince = new Date().toISOString();
    const endpoint = await around.endpoint(organization, { heldSince });
    const [event] = await around.publish(organization, 1, EVENT_BYTES);
    await waitFor(
      async () => (await around.deliveriesOf(endpoint, Topics.slowDeliveries)).length > 0,
      'the delivery being in the slow lane',
    );
    await dispatcher.stop();
    dispatcher = await RunningDispatcher.start(brokers);
    const { heldSince: _, ...resumed } = endpoint;
    await around.change({ ...resumed, version: 2 });
    await waitFor(() => around.arrivedAt(endpoint).length === 1, 'the delivery');
    const [arrival] = around.arrivedAt(endpoint);
    expect(arrival && isWhole(arrival)).toBe(true);
    expect(arrival?.body).toContain(event);
  });
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';

import type { DeliveryResult } from '@skillora/contracts';
import { freePort } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  dispatcher = await RunningDispatcher.start(brokers);
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
});

const attemptOf = ({ deliveryId, round, step }: DeliveryResult): string => `${deliveryId}/${round}/${step}`;

describe('an endpoint that hangs', () => {
  it('sends its backlog to the slow lane, holds up nobody, and gets all of it when it comes back', async () => {
    const [organization, other] = [randomUUID(), randomUUID()];
    const [hanging, healthy] = [await around.endpoint(organization), await around.endpoint(other)];
    const held: ServerResponse[] = [];
    around.answers.set(hanging.id, (_request, response) => held.push(response));
    await around.publish(organization, 300);
    await waitFor(() => around.arrivedAt(hanging).length >= 4, 'the first attempts');
    await waitFor(
      async () => (await dispatcher.metric('webhook_slow_lane_endpoints')) > 0,
      'the slow lane in use',
    );
    for (let i = 0; i < 5; i += 1) await around.publish(other, 20);
    await waitFor(() => around.arrivedAt(healthy).length === 100, 'all to the healthy one');
    expect(new Set(around.arrivedAt(hanging).map(({ deliveryId }) => deliveryId)).size).toBeLessThan(300);

    around.answers.delete(hanging.id);
    for (const response of held) response.writeHead(200).end();
    const succeeded = () => around.resultsOf(hanging).filter(({ status }) => status === 'success');
    await waitFor(() => succeeded().length === 300, 'all to the one that came back');
    const attempts = around.resultsOf(hanging).map(attemptOf);
    expect(new Set(attempts).size).toBe(attempts.length);
    await waitFor(
      async () => (await dispatcher.metric('webhook_slow_lane_endpoints')) === 0,
      'its return to the main lane',
    );
  });
});

describe('an endpoint that cannot be reached', () => {
  it('costs few connections, keeps the schedule of every delivery, and is served again once it is back', async () => {
    const organization = randomUUID();
    const port = await freePort();
    const dead = await around.endpoint(organization, { url: `http://127.0.0.1:${port}/` });
    await around.publish(organization, 200);
    const ended = () => around.resultsOf(dead).filter(({ status }) => status === 'failed');
    await waitFor(() => ended().length === 200, 'the end of all schedules');
    const results = around.resultsOf(dead);
    expect(new Set(results.map(attemptOf)).size).toBe(600);
    expect(results).toHaveLength(600);
    expect(new Set(results.map(({ error }) => error))).toEqual(new Set(['connection_refused']));
    const shared = results.filter(({ attempt }) =>
      attempt?.errorDetail?.includes('Another delivery found this'),
    );
    expect(results.length - shared.length).toBeLessThan(results.length / 10);

    let arrivals = 0;
    const revived = createServer((_request, response) => {
      arrivals += 1;
      response.writeHead(200).end();
    });
    await new Promise<void>((resolve) => revived.listen(port, '127.0.0.1', resolve));
    await around.publish(organization, 10);
    await waitFor(
      () => around.resultsOf(dead).filter(({ status }) => status === 'success').length === 10,
      'the deliveries to the one that came back',
    );
    expect(arrivals).toBe(10);
    revived.closeAllConnections();
    revived.close();
  });

  it('is given what has piled up gently when it comes back: one at a time first, more with each answer', async () => {
    // No delivery comes to the end of its schedule before a slow machine has noticed that all have failed once.
    await dispatcher.stop();
    dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS: '3s,20s' });
    const organization = randomUUID();
    const port = await freePort();
    const dead = await around.endpoint(organization, { url: `http://127.0.0.1:${port}/` });
    await around.publish(organization, 60);
    await waitFor(() => around.resultsOf(dead).length >= 60, 'the first attempts');
    let [underWay, answered, greatest] = [0, 0, 0];
    const tooMany: string[] = [];
    const revived = createServer((_request, response) => {
      underWay += 1;
      greatest = Math.max(greatest, underWay);
      if (underWay > answered + 1) tooMany.push(`${underWay} under way after ${answered} answers`);
      setTimeout(() => {
        underWay -= 1;
        answered += 1;
        response.writeHead(200).end();
      }, 150);
    });
    await new Promise<void>((resolve) => revived.listen(port, '127.0.0.1', resolve));
    await waitFor(
      () => around.resultsOf(dead).filter(({ status }) => status === 'success').length === 60,
      'all deliveries to the one that came back',
    );
    expect(tooMany).toEqual([]);
    expect(greatest).toBeGreaterThan(4);
    revived.closeAllConnections();
    revived.close();
  });
});

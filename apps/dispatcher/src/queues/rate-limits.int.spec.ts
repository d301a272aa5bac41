import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import type { EndpointState } from '@skillora/contracts';
import { waitFor, whileItMoves } from '@skillora/testing';

import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
/** Attempts tell their beginning in whole milliseconds of another clock than the one of the limit. */
const ROUNDING_MS = 5;
let around: Surroundings;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
});

afterAll(async () => {
  await around.clear();
});

/** When attempts to the endpoint began, as their results say, ms since the epoch. */
const beginnings = (endpoint: EndpointState): number[] =>
  around
    .resultsOf(endpoint)
    .flatMap(({ attempt }) => (attempt ? [Date.parse(attempt.startedAt)] : []))
    .sort((a, b) => a - b);

/** The shortest time in which more attempts began than `limit`, ms. */
function shortest(endpoint: EndpointState, limit: number): number {
  const times = beginnings(endpoint);
  return Math.min(...times.map((from, index) => (times[index + limit] ?? Infinity) - from));
}

describe('an endpoint with a rate limit', () => {
  it('gets no more in any second over retries, test sends and a change of instances, and all of it in the end', async () => {
    const organization = randomUUID();
    const limited = await around.endpoint(organization, { rateLimit: 4 });
    const refused = new Set<string>();
    around.answers.set(limited.id, (request, response) => {
      const id = String(request.headers['x-webhook-id']);
      // The first attempt of each third delivery fails.
      const fails = refused.size * 3 < around.arrivedAt(limited).length && !refused.has(id);
      if (fails) refused.add(id);
      response.writeHead(fails ? 500 : 200).end();
    });
    const instances = [await RunningDispatcher.start(brokers), await RunningDispatcher.start(brokers)];
    try {
      await around.publish(organization, 30);
      await around.askForTests(limited, 3);
      await waitFor(() => beginnings(limited).length >= 8, 'the first attempts');
      instances.push(await RunningDispatcher.start(brokers));
      await instances.shift()?.stop();
      const succeeded = (): number =>
        new Set(
          around
            .resultsOf(limited)
            .filter(({ status, eventType }) => status === 'success' && eventType !== 'test')
            .map(({ deliveryId }) => deliveryId),
        ).size;
      await whileItMoves('every delivery to succeed', () => {
        const come = succeeded();
        return { over: come === 30, come };
      });
      expect(shortest(limited, 4)).toBeGreaterThanOrEqual(1_000 - ROUNDING_MS);
    } finally {
      for (const each of instances) await each.stop();
    }
  });

  it('keeps what exceeds its limit from no other endpoint, and follows a new limit', async () => {
    const organization = randomUUID();
    const limited = await around.endpoint(organization, { rateLimit: 1 });
    const free = await around.endpoint(organization);
    const dispatcher = await RunningDispatcher.start(brokers);
    try {
      await around.publish(organization, 200);
      await waitFor(() => around.resultsOf(free).length === 200, 'the endpoint without a limit');
      const meanwhile = beginnings(limited).length;
      expect(meanwhile).toBeLessThan(200);
      expect(shortest(limited, 1)).toBeGreaterThanOrEqual(1_000 - ROUNDING_MS);
      const { rateLimit: _, ...others } = limited;
      await around.change({ ...others, version: 2 });
      await whileItMoves('the backlog without a limit', () => {
        const come = around.resultsOf(limited).length;
        return { over: come === 200, come };
      });
    } finally {
      await dispatcher.stop();
    }
  });
});

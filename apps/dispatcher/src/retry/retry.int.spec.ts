import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import type { EndpointState } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
});

afterAll(() => around.clear());

afterEach(() => dispatcher.stop());

/** When a result says that the next attempt is due, ms since the epoch. */
const due = (result: { nextRetryAt: string | null } | undefined): number =>
  Date.parse(result?.nextRetryAt ?? '');

describe('a delivery that waits for its retry', () => {
  it('is attempted when it is due though RETRY_DELAYS has lost its retry topic meanwhile', async () => {
    const organization = randomUUID();
    /** An endpoint whose delivery has failed twice. */
    const failedTwice = async (delayMs: number): Promise<EndpointState> => {
      dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS: `300ms,${delayMs}ms` });
      const failing = await around.endpoint(organization);
      around.answers.set(failing.id, (_request, response) => response.writeHead(500).end());
      await around.publish(organization, 1);
      await waitFor(() => around.resultsOf(failing).length >= 2, 'two failures');
      await dispatcher.stop();
      // On a slow machine the third attempt may come before the dispatcher ends: then it needs a longer delay.
      if (around.arrivedAt(failing).length === 2) return failing;
      await around.remove(failing);
      return failedTwice(delayMs * 4);
    };
    const endpoint = await failedTwice(1_000);
    around.answers.delete(endpoint.id);
    dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS: '300ms' });
    await waitFor(() => around.resultsOf(endpoint).length === 3, 'the result of the third attempt');
    expect(around.resultsOf(endpoint)[2]).toMatchObject({ step: 3, status: 'success' });
  });

  it('is put off by Retry-After, and holds back none behind it', async () => {
    dispatcher = await RunningDispatcher.start(brokers);
    const organization = randomUUID();
    const [patient, other] = [await around.endpoint(organization), await around.endpoint(organization)];
    for (const { id } of [patient, other]) {
      around.answers.set(id, (_request, response) => {
        around.answers.delete(id);
        response.writeHead(503, id === patient.id ? { 'retry-after': '8' } : {}).end();
      });
    }
    await around.publish(organization, 1);
    for (const each of [other, patient]) {
      await waitFor(() => around.resultsOf(each).length === 2, 'the retries');
    }
    const [failure] = around.resultsOf(patient);
    const [first, second] = around.arrivedAt(patient);
    expect(around.arrivedAt(other)[1]?.at).toBeLessThan(second?.at ?? 0);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(8_000);
    expect(second?.at).toBeGreaterThanOrEqual(due(failure));
  });

  it('waits in as many retry topics as its schedule takes, on one dispatcher and then another, until its time', async () => {
    const env = { RETRY_DELAYS: '300ms,600ms', EXTENDED_RETRY_DELAYS: '4s' };
    dispatcher = await RunningDispatcher.start(brokers, env);
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization, { retrySchedule: 'extended' });
    around.answers.set(endpoint.id, (_request, response) => {
      around.answers.delete(endpoint.id);
      response.writeHead(500).end();
    });
    await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(endpoint).length >= 1, 'the failure');
    await dispatcher.stop();
    dispatcher = await RunningDispatcher.start(brokers, env);
    await waitFor(() => around.resultsOf(endpoint).length >= 2, 'the retry');
    const [failure, success] = around.resultsOf(endpoint);
    const waits = due(failure) - Date.parse(failure?.at ?? '');
    expect(waits).toBeGreaterThanOrEqual(4_000);
    expect(waits).toBeLessThanOrEqual(4_400);
    expect(around.arrivedAt(endpoint)).toHaveLength(2);
    expect(around.arrivedAt(endpoint)[1]?.at).toBeGreaterThanOrEqual(due(failure));
    expect(success).toMatchObject({ step: 2, status: 'success' });
  });

  it('goes at once when its time came while no dispatcher ran, and none is attempted twice', async () => {
    dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS: '3s,3s' });
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    around.answers.set(endpoint.id, (_request, response) => response.writeHead(500).end());
    await around.publish(organization, 300);
    await waitFor(() => around.resultsOf(endpoint).length >= 300, 'the failures');
    await dispatcher.stop();
    around.answers.delete(endpoint.id);
    const lastDue = Math.max(...around.resultsOf(endpoint).map((result) => due(result) || 0));
    await waitFor(() => Date.now() > lastDue, 'all due times having passed');
    dispatcher = await RunningDispatcher.start(brokers);
    const ended = () => around.resultsOf(endpoint).filter(({ status }) => status !== 'retrying');
    await waitFor(() => ended().length >= 300, 'the ends');
    expect(new Set(ended().map(({ deliveryId }) => deliveryId)).size).toBe(300);
    const attempts = around.resultsOf(endpoint).map(({ deliveryId, step }) => `${deliveryId}/${step}`);
    expect(new Set(attempts).size).toBe(attempts.length);
  });
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import type { EndpointState } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { beginningsIfKeptUp } from '../testing/beginnings.js';
import { RunningDispatcher, Surroundings } from '../testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const EVENTS = 120;
const RETRY_DELAYS = '2s,20s';
let around: Surroundings;
let dispatcher: RunningDispatcher;

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  // No delivery comes to the end of its schedule before a slow machine has put its endpoint on hold.
  dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS });
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
});

const heldSince = new Date().toISOString();

/** The endpoint as it is after a resumption. */
async function resume({ heldSince: _, ...state }: EndpointState): Promise<void> {
  await around.change({ ...state, version: state.version + 1 });
}

describe('a held endpoint', () => {
  it('gets test sends alone, costs the others nothing, and gets all that has waited, in order, after another instance took over', async () => {
    const organization = randomUUID();
    const held = await around.endpoint(organization, { heldSince });
    const other = await around.endpoint(organization);
    const events = await around.publish(organization, EVENTS);
    await waitFor(() => around.resultsOf(other).length === EVENTS, 'the deliveries of the other endpoint');
    await around.askForTests(held, 1);
    await waitFor(() => around.resultsOf(held).length === 1, 'the test send');
    expect(around.resultsOf(held)[0]).toMatchObject({ eventType: 'test', status: 'success' });

    await dispatcher.stop();
    dispatcher = await RunningDispatcher.start(brokers, { RETRY_DELAYS });
    const later = await around.publish(organization, 5);
    await waitFor(
      () => around.resultsOf(other).length === EVENTS + 5,
      'the later events at the other endpoint',
    );
    expect(around.arrivedAt(held)).toHaveLength(1);

    await resume(held);
    await waitFor(() => around.resultsOf(held).length === 1 + EVENTS + 5, 'everything that has waited');
    const results = around.resultsOf(held).filter(({ eventType }) => eventType !== 'test');
    expect(
      results.every(({ status, step, round }) => status === 'success' && step === 1 && round === 0),
    ).toBe(true);
    const times = beginningsIfKeptUp(results, events);
    if (times) expect(times).toEqual(times.toSorted());
    const delivered = new Set(results.map(({ eventId }) => eventId));
    expect([...events, ...later].every((id) => delivered.has(id))).toBe(true);
  });

  it('keeps retries that become due, and what waits ends when it is deleted', async () => {
    const organization = randomUUID();
    const failing = await around.endpoint(organization);
    around.answers.set(failing.id, (_request, response) => response.writeHead(500).end());
    await around.publish(organization, 3);
    await waitFor(() => around.resultsOf(failing).length >= 3, 'the first attempts');
    await around.change({ ...failing, version: 2, heldSince });
    const other = await around.endpoint(organization);
    await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(other).length === 1, 'the other endpoint');
    // An attempt that had begun may end after the hold; none follows it.
    const before = around.arrivedAt(failing).length;
    expect(around.resultsOf(failing).filter(({ status }) => status === 'failed')).toHaveLength(0);
    await around.remove(failing);
    await waitFor(
      () => around.resultsOf(failing).filter(({ error }) => error === 'endpoint_deleted').length === 4,
      'the end of what waited',
    );
    expect(around.arrivedAt(failing)).toHaveLength(before);
    expect(around.resultsOf(failing)).toHaveLength(before + 4);
  });
});

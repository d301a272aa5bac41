import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { retryTopic, Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { TWO_HOPS } from '../dispatcher.module.js';
import { beginningsIfKeptUp } from '../testing/beginnings.js';
import type { Surroundings } from '../testing/running-dispatcher.js';
import { OneHopScene } from './testing/one-hop-scene.js';

let scene: OneHopScene;
let around: Surroundings;

beforeAll(async () => {
  scene = await OneHopScene.set();
  ({ around } = scene);
});

afterEach(() => scene.stopAll());

afterAll(() => scene.clear());

/** The partitions in which a topic has deliveries of an endpoint. */
async function partitionsOf(topic: string, endpointId: string): Promise<number[]> {
  const records = await around.committedRecords(topic);
  return records.filter(({ record: { key } }) => key === endpointId).map(({ partition }) => partition);
}

describe('one hop, behind the first attempt', () => {
  it('tries again through the retry topics of the unit, and comes to an end', async () => {
    await scene.start();
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const statuses = [500, 503];
    around.answers.set(endpoint.id, (_request, response) => {
      response.writeHead(statuses.shift() ?? 200).end();
    });
    const [event = ''] = await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(endpoint).some(({ status }) => status === 'success'), 'the success');
    expect(around.resultsOf(endpoint).map(({ step, status }) => [step, status])).toEqual([
      [1, 'retrying'],
      [2, 'retrying'],
      [3, 'success'],
    ]);
    expect(around.arrivedAt(endpoint)).toHaveLength(3);
    const unit = await scene.partitionOfEvent(event);
    // Due retries pass through the deliveries of the same number.
    for (const topic of [retryTopic(1), retryTopic(2), Topics.deliveries])
      expect(new Set(await partitionsOf(topic, endpoint.id))).toEqual(new Set([unit]));
  });

  it('names the event of a large body in its retries, which send the same body', async () => {
    await scene.start({ NAME_LARGE_BODIES: 'true' });
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const statuses = [500];
    around.answers.set(endpoint.id, (_request, response) => {
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await around.publish(organization, 1, 100_000);
    await waitFor(() => around.resultsOf(endpoint).some(({ status }) => status === 'success'), 'the success');
    const [first, second] = around.arrivedAt(endpoint).map(({ body }) => body);
    expect(first?.length).toBeGreaterThan(100_000);
    expect(second).toBe(first);
    const [retry] = await around.deliveriesOf(endpoint, retryTopic(1));
    expect(retry?.body).toMatchObject({ bytes: Buffer.byteLength(first ?? '') });
  });

  it('takes up what waits for its retry where two hops were, which take it up where one hop was, once', async () => {
    const env = { RETRY_DELAYS: '3s,6s' };
    await scene.start(env);
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const statuses = [500, 500];
    around.answers.set(endpoint.id, (_request, response) => {
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(endpoint).length >= 1, 'the first result');
    await scene.stopLast();
    await scene.start(env, TWO_HOPS);
    await waitFor(() => around.resultsOf(endpoint).length >= 2, 'the second result');
    await scene.stopLast();
    await scene.start(env);
    await waitFor(() => around.resultsOf(endpoint).length >= 3, 'the third result');
    // What comes behind all of that comes once too.
    await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(endpoint).length >= 4, 'the result of a later event');
    expect(around.resultsOf(endpoint).map(({ step, status }) => [step, status])).toEqual([
      [1, 'retrying'],
      [2, 'retrying'],
      [3, 'success'],
      [1, 'success'],
    ]);
    expect(around.arrivedAt(endpoint)).toHaveLength(4);
  });

  it('keeps what waits for a held endpoint on the slow lane, and delivers it from there in order, after a takeover', async () => {
    await scene.start();
    const organization = randomUUID();
    const held = await around.endpoint(organization, { heldSince: new Date().toISOString() });
    const other = await around.endpoint(organization);
    const events = await around.publish(organization, 12);
    await waitFor(() => around.resultsOf(other).length === 12, 'the results of the other endpoint');
    await waitFor(
      async () => (await partitionsOf(Topics.slowDeliveries, held.id)).length >= 12,
      'the deliveries on the slow lane',
    );
    const unit = await scene.partitionOfEvent(events[0]!);
    expect(new Set(await partitionsOf(Topics.slowDeliveries, held.id))).toEqual(new Set([unit]));
    await scene.stopLast();
    await scene.start();
    const { heldSince: _, ...state } = held;
    await around.change({ ...state, version: 2 });
    await waitFor(() => around.resultsOf(held).length === 12, 'the results of the endpoint that was held');
    const results = around.resultsOf(held);
    expect(results.every(({ status, step }) => status === 'success' && step === 1)).toBe(true);
    const times = beginningsIfKeptUp(results, events);
    if (times) expect(times).toEqual(times.toSorted());
    expect(around.arrivedAt(held)).toHaveLength(12);
    expect(around.arrivedAt(other)).toHaveLength(12);
  });

  it('moves to the slow lane what has not ended when its instance ends; the next one delivers that, each once', async () => {
    const leaving = await scene.start({ ENDPOINT_CONCURRENCY: '1' });
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const waiting: ServerResponse[] = [];
    around.answers.set(endpoint.id, (_request, response) => void waiting.push(response));
    const events = await around.publish(organization, 4);
    await waitFor(() => waiting.length === 1, 'the first attempt');
    const beginsNoMore = leaving.beginsNoMore();
    const stopped = scene.stop(leaving);
    await beginsNoMore;
    waiting[0]?.writeHead(200).end();
    await stopped;
    expect(around.arrivedAt(endpoint)).toHaveLength(1);
    expect(await partitionsOf(Topics.slowDeliveries, endpoint.id)).toHaveLength(3);

    around.answers.delete(endpoint.id);
    await scene.start();
    const [later = ''] = await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(endpoint).length === 5, 'the results of all deliveries');
    const results = around.resultsOf(endpoint);
    expect(results.every(({ status, step }) => status === 'success' && step === 1)).toBe(true);
    expect(results.map(({ eventId }) => eventId).toSorted()).toEqual([...events, later].toSorted());
    expect(around.arrivedAt(endpoint)).toHaveLength(5);
  });

  it('makes test sends, which come through the deliveries', async () => {
    await scene.start();
    const endpoint = await around.endpoint(randomUUID());
    await around.askForTests(endpoint, 3);
    await waitFor(() => around.resultsOf(endpoint).length === 3, 'the results');
    expect(around.arrivedAt(endpoint)).toHaveLength(3);
  });
});

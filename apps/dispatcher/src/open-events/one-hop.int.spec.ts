import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import {
  deliveryResultSchema,
  type EndpointState,
  type FannedOutEvent,
  fanOutReportSchema,
  Topics,
} from '@skillora/contracts';
import { verifySignature } from '@skillora/signing';
import { waitFor } from '@skillora/testing';

import { eventWithBody } from '../testing/any-event.js';
import { SECRET, type Surroundings } from '../testing/running-dispatcher.js';
import { OneHopScene } from './testing/one-hop-scene.js';

let scene: OneHopScene;
let around: Surroundings;

beforeAll(async () => {
  scene = await OneHopScene.set();
  ({ around } = scene);
});

afterEach(() => scene.stopAll());

afterAll(() => scene.clear());

/** What the reports say of an event, with the partition of the report. */
async function toldOf(eventId: string): Promise<(FannedOutEvent & { partition: number })[]> {
  const reports = await around.committedRecords(Topics.fanOuts);
  return reports.flatMap(({ partition, record }) =>
    fanOutReportSchema
      .decode(record.value!)
      .events.filter(({ id }) => id === eventId)
      .map((event) => ({ ...event, partition })),
  );
}

/** The partitions of the committed results of an endpoint. */
async function partitionsOfResults({ id }: EndpointState): Promise<number[]> {
  const records = await around.committedRecords(Topics.deliveryResults);
  return records
    .filter(({ record }) => deliveryResultSchema.decode(record.value!).endpointId === id)
    .map(({ partition }) => partition);
}

const attemptsOf = (endpoint: EndpointState): string[] =>
  around.resultsOf(endpoint).map(({ deliveryId, round, step }) => `${deliveryId} ${round} ${step}`);

describe('one hop', () => {
  it('delivers events from their log, signed, and writes nothing to the deliveries; reports and results follow', async () => {
    await scene.start();
    const organization = randomUUID();
    const endpoints = [await around.endpoint(organization), await around.endpoint(organization)];
    const ids = await around.publish(organization, 5);
    await waitFor(() => endpoints.every((each) => around.resultsOf(each).length === 5), 'the results');
    for (const endpoint of endpoints) {
      const arrivals = around.arrivedAt(endpoint);
      expect(arrivals).toHaveLength(5);
      for (const { body, signature } of arrivals) expect(verifySignature(body, signature, SECRET)).toBe(true);
      expect(around.resultsOf(endpoint).every(({ status }) => status === 'success')).toBe(true);
      expect(await around.deliveriesOf(endpoint, Topics.deliveries)).toEqual([]);
    }
    const [first = ''] = ids;
    const unit = await scene.partitionOfEvent(first);
    const told = await toldOf(first);
    expect(told).toHaveLength(1);
    expect(told[0]?.endpointIds.toSorted()).toEqual(endpoints.map(({ id }) => id).toSorted());
    // What a unit writes is in the partition of its number.
    expect(told[0]?.partition).toBe(unit);
    expect(new Set(await partitionsOfResults(endpoints[0]!))).toEqual(new Set([unit]));
  });

  it('delivers an event that comes twice once, also when an instance before had it', async () => {
    await scene.start();
    const organization = randomUUID();
    const endpoint = await around.endpoint(organization);
    const event = eventWithBody(organization);
    await around.publishEvents([event, event]);
    await waitFor(() => around.resultsOf(endpoint).length === 1, 'the result');
    await scene.stopLast();
    await scene.start();
    const later = eventWithBody(organization);
    await around.publishEvents([event, later]);
    await waitFor(() => around.resultsOf(endpoint).length === 2, 'the result of the later event');
    await waitFor(async () => (await toldOf(later.id)).length === 1, 'the report of the later event');
    expect(around.arrivedAt(endpoint)).toHaveLength(2);
    const told = await toldOf(event.id);
    expect(told.map(({ endpointIds }) => endpointIds.length).toSorted()).toEqual([0, 0, 1]);
  });

  it('loses nothing when an instance is killed in the middle; its successor matches nothing again that was told', async () => {
    const killed = await scene.startKillable();
    const organization = randomUUID();
    const prompt = await around.endpoint(organization);
    const hanging = await around.endpoint(organization);
    const waiting: ServerResponse[] = [];
    around.answers.set(hanging.id, (_request, response) => void waiting.push(response));
    // As many as are attempted at once: what waits behind them would move to the slow lane.
    const ids = await around.publish(organization, 3);
    await waitFor(() => around.resultsOf(prompt).length === 3, 'the results of the endpoint that answers');
    await waitFor(() => waiting.length === 3, 'the requests to the endpoint that does not');
    // The events are told, and half of their deliveries have ended.
    expect(await toldOf(ids[2]!)).toHaveLength(1);
    await killed.kill();
    // An endpoint that was not there when the events were matched.
    const late = await around.endpoint(organization);
    around.answers.delete(hanging.id);
    await scene.start();
    await waitFor(() => around.resultsOf(hanging).length === 3, 'the results after the takeover');
    const [behind = ''] = await around.publish(organization, 1);
    await waitFor(() => around.resultsOf(late).length === 1, 'the result of an event behind them');
    expect(around.resultsOf(late).map(({ eventId }) => eventId)).toEqual([behind]);
    for (const endpoint of [prompt, hanging]) {
      await waitFor(() => around.resultsOf(endpoint).length === 4, 'all results');
      expect(new Set(attemptsOf(endpoint)).size).toBe(4);
      const delivered = new Set(around.arrivedAt(endpoint).map(({ deliveryId }) => deliveryId));
      expect(delivered.size).toBe(4);
    }
    // Only what was on the wire is repeated.
    expect(around.arrivedAt(prompt)).toHaveLength(4);
    expect(around.arrivedAt(hanging)).toHaveLength(7);
    expect(await toldOf(ids[2]!)).toHaveLength(1);
  });

  it('shares the units with another instance that joins, and takes them back when it leaves, under load', async () => {
    await scene.start();
    const organizations = Array.from({ length: 8 }, () => randomUUID());
    const endpoints = await Promise.all(organizations.map((organization) => around.endpoint(organization)));
    let published = 0;
    let isPublishing = true;
    const load = (async () => {
      while (isPublishing) {
        await Promise.all(organizations.map((organization) => around.publish(organization, 1)));
        published += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const results = (): number => endpoints.reduce((sum, each) => sum + around.resultsOf(each).length, 0);
    await waitFor(() => results() > 40, 'the first results');
    await scene.start();
    const seen = results();
    await waitFor(() => results() > seen + 80, 'results of two instances');
    await scene.stopLast();
    isPublishing = false;
    await load;
    // An attempt that a busy machine made fail has a result too.
    const succeeded = (endpoint: EndpointState) =>
      around.resultsOf(endpoint).filter(({ status }) => status === 'success').length;
    await waitFor(() => endpoints.every((each) => succeeded(each) >= published), 'all deliveries');
    for (const endpoint of endpoints) {
      const delivered = new Set(around.arrivedAt(endpoint).map(({ deliveryId }) => deliveryId));
      expect(delivered.size).toBe(published);
      expect(new Set(attemptsOf(endpoint)).size).toBe(around.resultsOf(endpoint).length);
    }
  });
});

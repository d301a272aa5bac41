import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { type DeliveryResult, type EndpointState, Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { TWO_HOPS } from '../dispatcher.module.js';
import type { Surroundings } from '../testing/running-dispatcher.js';
import { OneHopScene } from './testing/one-hop-scene.js';

const EVERY_MS = 50;
const ORGANIZATIONS = 6;
/** So many events reach each partition. */
const IN_A_ROW = 60;

let scene: OneHopScene;
let around: Surroundings;

beforeAll(async () => {
  scene = await OneHopScene.set();
  ({ around } = scene);
});

afterAll(() => scene.clear());

/** The events of which these endpoints have results. */
const eventsOf = (endpoints: readonly EndpointState[]): Set<string> =>
  new Set(endpoints.flatMap((each) => around.resultsOf(each).map(({ eventId }) => eventId)));

/** Organisations to which events are published all the time; some of their endpoints fail once for each delivery. */
class Load {
  readonly published = new Map<string, string[]>();
  readonly prompt: EndpointState[] = [];
  readonly failing: EndpointState[] = [];
  private readonly organizations = Array.from({ length: ORGANIZATIONS }, () => randomUUID());
  private isOver = false;
  private running: Promise<void> = Promise.resolve();

  async begin(): Promise<void> {
    for (const organization of this.organizations) {
      this.published.set(organization, []);
      this.prompt.push(await around.endpoint(organization));
      const failing = await around.endpoint(organization);
      this.failing.push(failing);
      const failed = new Set<string>();
      around.answers.set(failing.id, (request, response) => {
        const id = String(request.headers['x-webhook-id']);
        response.writeHead(failed.has(id) ? 200 : 500).end();
        failed.add(id);
      });
    }
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  /** The published events of the organisation of an endpoint. */
  eventsOf({ organizationId }: EndpointState): readonly string[] {
    return this.published.get(organizationId) ?? [];
  }

  get events(): ReadonlySet<string> {
    return new Set([...this.published.values()].flat());
  }

  /** The events of which every delivery has a result: they are not open any more. */
  get closed(): ReadonlySet<string> {
    const ofPrompt = eventsOf(this.prompt);
    return new Set([...eventsOf(this.failing)].filter((event) => ofPrompt.has(event)));
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      for (const [organization, events] of this.published)
        events.push(...(await around.publish(organization, 1)));
      await delay(EVERY_MS);
    }
  }
}

/** Resolves once a newly published event is delivered in one hop, or in two; publishes one after the other until then. */
async function untilDeliveredIn(hops: 'one' | 'two', endpoint: EndpointState): Promise<void> {
  await waitFor(async () => {
    const [event = ''] = await around.publish(endpoint.organizationId, 1);
    await waitFor(
      () => around.resultsOf(endpoint).some(({ eventId }) => eventId === event),
      'the result of an event published just now',
    );
    const written = await around.deliveriesOf(endpoint, Topics.deliveries);
    return written.some(({ eventId }) => eventId === event) === (hops === 'two');
  }, `an event delivered in ${hops} hops`);
}

/** Resolves once a number of events in a row have come to the endpoints that answer once each. */
async function untilNothingComesTwice(load: Load): Promise<void> {
  await waitFor(async () => {
    const before = load.events;
    const fresh = (): string[] => [...load.closed].filter((event) => !before.has(event));
    await waitFor(() => fresh().length >= IN_A_ROW, 'the results of further events');
    const events = new Set(fresh());
    const arrived = load.prompt.flatMap((endpoint) => {
      const results = around.resultsOf(endpoint).filter(({ eventId }) => events.has(eventId));
      const ids = new Set(results.map(({ deliveryId }) => deliveryId));
      return around.arrivedAt(endpoint).filter(({ deliveryId }) => ids.has(deliveryId));
    });
    return arrived.length === events.size;
  }, 'events that come once each');
}

const attempt = ({ deliveryId, round, step }: DeliveryResult): string => `${deliveryId} ${round} ${step}`;
const lastOf = (all: readonly DeliveryResult[]): readonly DeliveryResult[] =>
  all.filter(({ status }) => status === 'success');

describe('dispatchers with one hop beside those with two hops', () => {
  it('leave events and retries to them, take both over when these have ended, and give them back to one that comes; nothing is lost', async () => {
    const load = new Load();
    const probe = await around.endpoint(randomUUID());
    const former = await scene.start({}, TWO_HOPS);
    await load.begin();
    await untilDeliveredIn('two', probe);

    // The instance with two hops goes on while others with one hop come.
    const second = await scene.start();
    const third = await scene.start();
    for (let turn = 0; turn < 3; turn += 1) await untilDeliveredIn('two', probe);

    await scene.stop(former);
    await untilDeliveredIn('one', probe);

    // It comes back while they are there: it takes events over at once.
    const closedBefore = load.closed;
    const back = await scene.start({}, TWO_HOPS);
    await untilDeliveredIn('two', probe);
    await untilNothingComesTwice(load);
    await scene.stop(second);
    await scene.stop(third);
    const publishedBefore = load.events;
    await untilDeliveredIn('two', probe);

    await scene.start();
    await scene.stop(back);
    await untilDeliveredIn('one', probe);
    await load.end();

    for (const endpoint of [...load.prompt, ...load.failing]) {
      const events = load.eventsOf(endpoint);
      expect(events.length).toBeGreaterThan(0);
      const ended = (): Set<string> =>
        new Set(lastOf(around.resultsOf(endpoint)).map(({ eventId }) => eventId));
      await waitFor(() => events.every((event) => ended().has(event)), 'the end of all deliveries');
    }
    for (const endpoint of [...load.prompt, ...load.failing]) {
      const results = around.resultsOf(endpoint);
      const deliveries = new Set(results.map(({ deliveryId }) => deliveryId));
      expect(deliveries.size).toBe(load.eventsOf(endpoint).length);
      const twice = [...Map.groupBy(results, attempt).values()].filter(({ length }) => length > 1);
      // Only what was open, or came, while both were there may have been delivered once more.
      const others = twice.flatMap(([first]) => (first ? [first.eventId] : []));
      expect(others.filter((event) => closedBefore.has(event) || !publishedBefore.has(event))).toEqual([]);
      const differing = twice.filter((all) => new Set(all.map(({ status }) => status)).size > 1);
      if (load.prompt.includes(endpoint)) expect(differing).toEqual([]);
    }
  });
});

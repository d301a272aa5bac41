import { type CanonicalEvent, CATALOGUE, type EndpointState, type EventFilter } from '@skillora/contracts';
import { matchEndpoints, Subscriptions } from '@skillora/dispatcher/simulation-exports';

import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';

const ENDPOINTS = 10_000;
const ORGANIZATION = 'an organisation';
const EVENT_TYPE = 'mock_interview_completed';

const EVENT: CanonicalEvent = {
  id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21',
  organizationId: ORGANIZATION,
  eventType: EVENT_TYPE,
  source: '/bench',
  sourceId: '1',
  occurredAt: '2026-01-15T14:30:00Z',
  acceptedAt: '2026-01-15T14:30:00Z',
  body: JSON.stringify({
    event: EVENT_TYPE,
    timestamp: '2026-01-15T14:30:00Z',
    data: CATALOGUE[EVENT_TYPE].example,
  }),
};

/** The filter of each endpoint, by the number of the endpoint: no two are the same. */
const FILTERS: Readonly<Record<string, (number: number) => EventFilter | undefined>> = {
  'no filter': () => undefined,
  'two conditions, the first of which fails': (number) => ({
    'data.score': [{ '>=': 79 + (number % 21) }],
    'data.status': ['completed', `status ${number}`],
  }),
  'two conditions, both of which hold': (number) => ({
    'data.score': [{ '>=': number / ENDPOINTS }],
    'data.status': ['completed', `status ${number}`],
  }),
  'five conditions with any, not, a list and a prefix, all of which hold': (number) => ({
    any: [{ 'data.topic': `topic ${number}` }, { 'data.job_title': [{ prefix: 'Senior' }] }],
    not: { 'data.user.id': `user ${number}` },
    'data.weak_areas': ['System Design', `area ${number}`],
    'data.score': [{ '>=': number / ENDPOINTS, '<': 99 }],
  }),
};

export const filters: Scenario = {
  name: 'filters',
  description:
    'how long an event is matched with 10,000 endpoints of its organisation, each with a filter of its own',
  run({ quick }) {
    for (const [name, filterOf] of Object.entries(FILTERS)) {
      const took = matched(filterOf, quick ? 30 : 200);
      print(
        `${name}: median ${medianOf(took, 'wall')} ms, ${medianOf(took, 'cpu')} ms of CPU; ` +
          `shortest ${round(Math.min(...took.map(({ wall }) => wall)), 1)} ms, of ${took.length} events`,
      );
    }
    return Promise.resolve();
  },
};

/** How long one event took, ms: by the clock on the wall, and of CPU, which other processes do not take away. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

const medianOf = (took: readonly Took[], kind: keyof Took): string =>
  round(
    percentile(
      took.map((each) => each[kind]),
      0.5,
    ),
    1,
  );

/** Matches an event several times. */
function matched(filterOf: (number: number) => EventFilter | undefined, events: number): Took[] {
  const subscriptions = new Subscriptions();
  const byId = new Map<string, EndpointState>();
  for (let number = 0; number < ENDPOINTS; number += 1) {
    const filter = filterOf(number);
    const endpoint: EndpointState = {
      id: String(number),
      organizationId: ORGANIZATION,
      version: 1,
      url: 'https://receiver.example.com/hook',
      events: [EVENT_TYPE],
      isActive: true,
      sealedSecret: '',
      ...(filter === undefined ? {} : { filter }),
    };
    byId.set(endpoint.id, endpoint);
    subscriptions.add(endpoint);
  }
  const endpoints = {
    get: (id: string) => byId.get(id),
    subscribers: (organizationId: string, eventType: CanonicalEvent['eventType']) =>
      subscriptions.of(organizationId, eventType),
  };
  const took: Took[] = [];
  // The first ones compile the filters, which the dispatcher does when it reads an endpoint's record.
  for (let event = -10; event < events; event += 1) {
    const [began, before] = [performance.now(), process.cpuUsage()];
    matchEndpoints(EVENT, endpoints);
    const { user, system } = process.cpuUsage(before);
    if (event >= 0) took.push({ wall: performance.now() - began, cpu: (user + system) / 1_000 });
  }
  return took;
}

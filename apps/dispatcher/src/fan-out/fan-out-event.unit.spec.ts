import { jest } from '@jest/globals';
import { type CanonicalEvent, type Delivery, type EndpointState, FilteredBody } from '@skillora/contracts';

import { Subscriptions } from '../endpoints/subscriptions.js';
import { deliveriesTo, type EndpointDirectory, matchEndpoints } from './fan-out-event.js';

const ORGANIZATION = '0b7c2c1e-1a52-4c1d-9d0a-000000000001';

const event: CanonicalEvent = {
  id: '0b7c2c1e-1a52-5c1d-9d0a-0000000000e1',
  organizationId: ORGANIZATION,
  eventType: 'interview_completed',
  source: '/interviews',
  sourceId: '1',
  occurredAt: '2026-01-02T03:04:05.000Z',
  acceptedAt: '2026-01-02T03:04:06.000Z',
  body: '{"event":"interview.completed"}',
};

function endpoint(change: Partial<EndpointState> & { id: string }): EndpointState {
  return {
    organizationId: ORGANIZATION,
    version: 1,
    url: 'https://receiver.example/hook',
    events: ['interview_completed'],
    isActive: true,
    sealedSecret: '',
    ...change,
  };
}

function directory(...endpoints: EndpointState[]): EndpointDirectory {
  const subscriptions = new Subscriptions();
  for (const each of endpoints) subscriptions.add(each);
  return {
    get: (id) => endpoints.find((each) => each.id === id),
    subscribers: (organization, type) => subscriptions.of(organization, type),
  };
}

const id = (n: number): string => `0b7c2c1e-1a52-4c1d-9d0a-0000000000a${n}`;
const now = new Date('2026-01-02T03:04:07.000Z');
const fanOutEvent = (of: CanonicalEvent, endpoints: EndpointDirectory, at: Date): Delivery[] =>
  deliveriesTo(of, matchEndpoints(of, endpoints).wanting, at, of.body);

describe('fanning out an event', () => {
  it('makes one delivery for each active endpoint of its organisation that subscribes to its type', () => {
    const endpoints = directory(
      endpoint({ id: id(1) }),
      endpoint({ id: id(2), events: ['mock_interview_completed'] }),
      endpoint({ id: id(3), isActive: false }),
      endpoint({ id: id(4), organizationId: '0b7c2c1e-1a52-4c1d-9d0a-000000000002' }),
      endpoint({ id: id(5), events: ['mock_interview_completed', 'interview_completed'] }),
    );
    const deliveries = fanOutEvent(event, endpoints, now);
    expect(deliveries.map(({ endpointId }) => endpointId)).toEqual([id(1), id(5)]);
    expect(deliveries[0]).toMatchObject({ step: 1, round: 0, trigger: 'automatic', body: event.body });
  });

  it('makes the same delivery ids whenever it is done again', () => {
    const endpoints = directory(endpoint({ id: id(1) }));
    const again = fanOutEvent(event, endpoints, new Date());
    expect(again[0]?.deliveryId).toBe(fanOutEvent(event, endpoints, now)[0]?.deliveryId);
  });

  it('sends a test to the endpoint it names, inactive or not subscribed as it may be', () => {
    const endpoints = directory(endpoint({ id: id(1) }), endpoint({ id: id(2), isActive: false }));
    const test: CanonicalEvent = { ...event, eventType: 'test', targetEndpointId: id(2) };
    expect(fanOutEvent(test, endpoints, now).map(({ endpointId }) => endpointId)).toEqual([id(2)]);
  });

  it('sends no test to an endpoint that is gone, or to one of another organisation', () => {
    const foreign = endpoint({ id: id(4), organizationId: '0b7c2c1e-1a52-4c1d-9d0a-000000000002' });
    const test = (target: string): CanonicalEvent => ({
      ...event,
      eventType: 'test',
      targetEndpointId: target,
    });
    expect(fanOutEvent(test(id(9)), directory(foreign), now)).toEqual([]);
    expect(fanOutEvent(test(id(4)), directory(foreign), now)).toEqual([]);
  });
});

describe('the filters of endpoints', () => {
  const scored = (score: number): CanonicalEvent => ({
    ...event,
    body: JSON.stringify({ event: 'interview.completed', data: { score, status: 'completed' } }),
  });
  const above = (score: number) => ({ 'data.score': [{ '>=': score }] });
  const ids = (endpoints: readonly EndpointState[]): string[] => endpoints.map((each) => each.id);

  it('leave an event out for their own endpoint, and say so', () => {
    const endpoints = directory(
      endpoint({ id: id(1), filter: above(80) }),
      endpoint({ id: id(2) }),
      endpoint({ id: id(3), filter: { not: above(80) } }),
      endpoint({ id: id(4), filter: above(80), events: ['mock_interview_completed'] }),
      endpoint({ id: id(5), filter: above(80), isActive: false }),
    );
    const matched = matchEndpoints(scored(79), endpoints);
    expect([ids(matched.wanting), ids(matched.filtering)]).toEqual([[id(2), id(3)], [id(1)]]);
    expect(ids(matchEndpoints(scored(80), endpoints).wanting)).toEqual([id(1), id(2)]);
  });

  it('count as they are in the newest version of the endpoint', () => {
    const former = endpoint({ id: id(1), filter: above(80) });
    expect(ids(matchEndpoints(scored(70), directory(former)).wanting)).toEqual([]);
    const changed = { ...former, version: 2, filter: above(60) };
    expect(ids(matchEndpoints(scored(70), directory(changed)).wanting)).toEqual([id(1)]);
    const { filter: _, ...removed } = { ...former, version: 3 };
    expect(ids(matchEndpoints(scored(0), directory(removed)).wanting)).toEqual([id(1)]);
  });

  it('count for no test send', () => {
    const endpoints = directory(endpoint({ id: id(1), filter: above(80) }));
    const test: CanonicalEvent = { ...event, eventType: 'test', targetEndpointId: id(1) };
    expect(matchEndpoints(test, endpoints)).toMatchObject({ wanting: [{ id: id(1) }], filtering: [] });
  });

  it('let everything through if this release cannot read them', () => {
    const endpoints = directory(endpoint({ id: id(1), filter: { 'data.score': [{ near: 80 }] } }));
    expect(ids(matchEndpoints(scored(1), endpoints).wanting)).toEqual([id(1)]);
  });

  it('cost one parse of the body and one look at each path, however many endpoints have one', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      endpoint({
        id: `0b7c2c1e-1a52-4c1d-9d0a-${String(index).padStart(12, '0')}`,
        filter: { ...above(index % 100), any: [{ 'data.status': ['completed', `${index}`] }] },
      }),
    );
    const endpoints = directory(...many);
    const parse = jest.spyOn(JSON, 'parse');
    const hasOwn = jest.spyOn(Object, 'hasOwn');
    const stringify = jest.spyOn(JSON, 'stringify');
    try {
      const first = scored(49);
      matchEndpoints(first, endpoints);
      expect(parse).toHaveBeenCalledTimes(1);
      for (const spy of [parse, hasOwn, stringify]) spy.mockClear();
      const second = matchEndpoints({ ...first, id: 'another' }, endpoints);
      expect([second.wanting.length, second.filtering.length]).toEqual([5_000, 5_000]);
      expect(parse).toHaveBeenCalledTimes(1);
      // One field for each of two paths, and nothing is compiled again: that would measure each filter.
      expect(hasOwn).toHaveBeenCalledTimes(2);
      expect(stringify).not.toHaveBeenCalled();
    } finally {
      for (const spy of [parse, hasOwn, stringify]) spy.mockRestore();
    }
  });

  it('cost nothing where no subscriber has one', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const at = jest.spyOn(FilteredBody.prototype, 'at');
    try {
      matchEndpoints(scored(1), directory(endpoint({ id: id(1) }), endpoint({ id: id(2) })));
      expect(parse).not.toHaveBeenCalled();
      expect(at).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
      at.mockRestore();
    }
  });
});

describe('a notice about an endpoint', () => {
  it('goes to every subscriber but the endpoint itself', () => {
    const events = ['endpoint.failing'] as const;
    const endpoints = directory(...[1, 2, 3].map((n) => endpoint({ id: id(n), events })));
    const notice: CanonicalEvent = { ...event, eventType: 'endpoint.failing', aboutEndpointId: id(2) };
    expect(fanOutEvent(notice, endpoints, now).map(({ endpointId }) => endpointId)).toEqual([id(1), id(3)]);
  });
});

describe('subscriptions', () => {
  it('forget an endpoint that was taken out, in the state it was added with', () => {
    const subscriptions = new Subscriptions();
    const subscribed = endpoint({ id: id(1), events: ['interview_completed', 'mock_interview_completed'] });
    subscriptions.add(subscribed);
    subscriptions.remove(subscribed);
    expect([...subscriptions.of(ORGANIZATION, 'interview_completed')]).toEqual([]);
    expect([...subscriptions.of(ORGANIZATION, 'mock_interview_completed')]).toEqual([]);
  });
});

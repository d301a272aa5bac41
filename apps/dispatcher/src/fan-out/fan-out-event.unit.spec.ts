import type { CanonicalEvent, Delivery, EndpointState } from '@skillora/contracts';

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
  deliveriesTo(of, matchEndpoints(of, endpoints), at);

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

import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { Customer, type Delivery } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { type Arrival, Receiver } from './testing/receiver.js';

const EVENTS = 6;

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let id: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  ({ id } = await customer.register(receiver.url));
});

afterEach(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
  await receiver.stop();
});

const post = (action: string): Promise<{ status: number }> =>
  customer.call('POST', `/api/v1/webhook-endpoints/${id}/${action}/`);

/** The deliveries of events, without test sends, once there are so many with this status. */
const deliveries = (status: Delivery['status'], count: number): Promise<Delivery[]> =>
  waitFor(async () => {
    const all = await customer.deliveries({ endpoint_id: id, status });
    const found = all.filter(({ event_type }) => event_type !== 'test');
    return found.length === count && found;
  }, `${count} deliveries that are ${status}`);

const interviewOf = (arrival: Arrival | undefined): string | undefined =>
  arrival && (JSON.parse(arrival.body) as { data: { interview_id: string } }).data.interview_id;

const arrivalOf = (deliveryId: string): Arrival | undefined =>
  receiver.arrivals.find(({ headers }) => headers['x-webhook-id'] === deliveryId);

/** Events that have come to this endpoint, by what names each of them. */
const interviews = (): (string | undefined)[] =>
  receiver.arrivals.filter(({ headers }) => headers['x-webhook-test'] === undefined).map(interviewOf);

describe('a held endpoint', () => {
  it('gets test sends alone, and after the hold all that has waited, in order, with attempts that count from 1', async () => {
    // One after the other, so that they arrive in the order in which they begin.
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, { rate_limit: 1 });
    expect((await post('hold')).status).toBe(200);
    const names = Array.from({ length: EVENTS }, () => randomUUID());
    for (const interview_id of names) {
      const event = interviewCompleted();
      await producer.publish({ ...event, data: { ...event.data, interview_id } });
    }
    const waiting = await deliveries('pending', EVENTS);
    expect((await post('test')).status).toBe(200);
    for (const each of waiting) {
      expect(each).toMatchObject({ attempt_count: 0, next_retry_at: null, error: null, attempts: [] });
    }
    expect(interviews()).toEqual([]);
    const [first] = waiting;
    const retry = await customer.call('POST', `/api/v1/webhook-deliveries/${first!.id}/retry/`);
    expect([retry.status, retry.body]).toEqual([
      409,
      { detail: 'Only a failed or retrying delivery can be retried; this one is pending.' },
    ]);

    expect((await post('resume')).status).toBe(200);
    const sent = await deliveries('success', EVENTS);
    for (const each of sent) {
      expect(each).toMatchObject({ attempt_count: 1, attempts: [{ number: 1, trigger: 'automatic' }] });
    }
    expect(interviews()).toHaveLength(EVENTS);
    // By when they began: a server that was busy for a second may take what has come meanwhile in any order.
    const begun = sent.toSorted((a, b) => (a.attempts[0]!.started_at < b.attempts[0]!.started_at ? -1 : 1));
    expect(begun.map(({ id: delivery }) => interviewOf(arrivalOf(delivery)))).toEqual(names);
  });

  it('loses what waits when it is deleted, and says so', async () => {
    expect((await post('hold')).status).toBe(200);
    await producer.publish(interviewCompleted());
    await deliveries('pending', 1);
    expect((await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`)).status).toBe(204);
    const [ended] = await deliveries('failed', 1);
    expect(ended).toMatchObject({ error: 'endpoint_deleted', attempt_count: 0, response_status: null });
    expect(receiver.arrivals).toEqual([]);
  });
});

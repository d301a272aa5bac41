import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { Customer, type Delivery, type Endpoint } from './testing/customer.js';
import { inTime, TooLate } from './testing/in-time.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

/** The stack's EXTENDED_RETRY_DELAYS, ms. Its retry topics have delays of 1, 2 and 3 s. */
const EXTENDED_MS = [1_000, 4_000, 3_000, 2_000, 1_000];

/** So long after its answer every dispatcher knows of a change, ms. */
const HEARD_MS = 1_000;

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;

async function register(retry_schedule: Endpoint['retry_schedule']): Promise<void> {
  ({ id: endpointId } = await customer.register(receiver.url, { retry_schedule }));
}

const stands = (status: Delivery['status']): Promise<Delivery> =>
  waitFor(() => customer.deliveryTo(endpointId, status), `a delivery that stands at ${status}`);

beforeEach(async () => {
  receiver = await Receiver.start();
});

afterEach(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
});

describe('an endpoint with the extended schedule', () => {
  it('gets each retry at the time that was announced, though it is longer than any retry topic, and then no more', async () => {
    await register('extended');
    receiver.always({ status: 500 });
    /** Each retry that was announced, by the number of attempts before it. */
    const announced = new Map<number, Delivery>();
    await producer.publish(interviewCompleted());
    const failed = await waitFor(async () => {
      const [delivery] = await customer.deliveries({ endpoint_id: endpointId });
      if (delivery?.next_retry_at) announced.set(delivery.attempt_count, delivery);
      return delivery?.status === 'failed' && delivery;
    }, 'the end of the schedule');
    expect(failed).toMatchObject({ attempt_count: EXTENDED_MS.length + 1, next_retry_at: null });
    const { arrivals } = receiver;
    expect(arrivals).toHaveLength(EXTENDED_MS.length + 1);
    EXTENDED_MS.forEach((delay, index) => {
      const { started_at, duration_ms } = failed.attempts[index]!;
      const retriedAt = Date.parse(failed.attempts[index + 1]!.started_at);
      // Times and durations are whole milliseconds.
      expect(retriedAt).toBeGreaterThanOrEqual(Date.parse(started_at) + duration_ms + delay - 1);
      const { next_retry_at, updated_at } = announced.get(index + 1) ?? {};
      // On a slow machine it may have come before it was seen.
      if (!next_retry_at) return;
      const at = Date.parse(next_retry_at);
      expect(retriedAt).toBeGreaterThanOrEqual(at);
      const waits = at - Date.parse(updated_at ?? '');
      expect(waits).toBeGreaterThanOrEqual(delay);
      expect(waits).toBeLessThanOrEqual(delay * 1.1);
    });
    expect(announced.size).toBeGreaterThan(0);
  });

  it('gets a retry that waits though it has chosen to get none meanwhile, and no further one', async () => {
    await inTime(8, async (seconds) => {
      await register('extended');
      // Every delay is as long as Retry-After.
      receiver.always({ status: 503, headers: { 'retry-after': String(seconds) } });
      await producer.publish(interviewCompleted());
      const found = await customer.attempted(endpointId);
      const path = `/api/v1/webhook-endpoints/${endpointId}/`;
      const { status, body } = await customer.call<Endpoint>('PATCH', path, { retry_schedule: 'none' });
      expect([status, body.retry_schedule]).toEqual([200, 'none']);
      const changedAt = Date.now();
      const [waiting] = await customer.deliveries({ endpoint_id: endpointId });
      if (waiting?.attempt_count !== 1) {
        await customer.call('DELETE', path);
        throw new TooLate();
      }
      const { next_retry_at } = found;
      expect(waiting).toMatchObject({ status: 'retrying', next_retry_at });
      const failed = await stands('failed');
      // The dispatchers hear of a change a moment after its answer; the retry may have failed before.
      if (Date.parse(failed.attempts[1]!.started_at) < changedAt + HEARD_MS) throw new TooLate();
      expect(failed.attempt_count).toBe(2);
      expect(Date.parse(failed.attempts[1]!.started_at)).toBeGreaterThanOrEqual(Date.parse(next_retry_at!));
    });
  });
});

describe('an endpoint that wants no retries', () => {
  it('has failed with the first failure, whatever Retry-After says, and a retry by hand is one attempt', async () => {
    await register('none');
    receiver.always({ status: 503, headers: { 'retry-after': '1' } });
    await producer.publish(interviewCompleted());
    const failed = await stands('failed');
    expect(failed).toMatchObject({ attempt_count: 1, next_retry_at: null, response_status: 503 });
    const key = { 'idempotency-key': randomUUID() };
    const retry = await waitFor(async () => {
      const path = `/api/v1/webhook-deliveries/${failed.id}/retry/`;
      const answer = await customer.call('POST', path, undefined, key);
      // On a crowded machine: the retry is stored, and its key gets the answer later.
      return answer.status !== 503 && answer;
    }, 'an answer to the retry');
    expect(retry.status).toBe(202);
    const again = await waitFor(async () => {
      const delivery = await stands('failed');
      return delivery.attempt_count === 2 && delivery;
    }, 'the second failure');
    expect(again.attempts.map(({ trigger }) => trigger)).toEqual(['automatic', 'manual']);
    // A later event has its only attempt: a retry of the first delivery would have come before.
    await producer.publish(interviewCompleted());
    await waitFor(() => receiver.arrivals.length === 3, 'the next event');
  });
});

import { waitFor } from '@skillora/testing';
import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

interface Reconciliation {
  readonly events_accepted: number;
  readonly events_awaiting_fan_out: number;
  readonly deliveries_expected: number;
  readonly deliveries_ended: number;
  readonly deliveries_open: number;
}

const EVENTS = 5;
const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);

describe('the reconciliation', () => {
  it('of what has just been delivered finds all of it, and nothing missing', async () => {
    const receivers = [await Receiver.start(), await Receiver.start()];
    const endpoints: string[] = [];
    const since = new Date(Date.now() - 1).toISOString();
    try {
      for (const { url } of receivers) endpoints.push((await customer.register(url)).id);

      for (let index = 0; index < EVENTS; index += 1) await producer.publish(interviewCompleted());
      await waitFor(
        () => receivers.every(({ arrivals }) => arrivals.length >= EVENTS),
        'the arrival of every event',
      );

      const path = `/api/v1/audit/reconciliation/?created_after=${since}`;
      const found = await waitFor(async () => {
        const { status, body } = await customer.call<Reconciliation>('GET', path);
        expect(status).toBe(200);
        const settled = body.events_awaiting_fan_out === 0 && body.deliveries_open === 0;
        return settled && body.deliveries_ended >= EVENTS * receivers.length && body;
      }, 'a reconciliation with every outcome');
      expect(found.events_accepted).toBeGreaterThanOrEqual(EVENTS);
      expect(found).toMatchObject({
        deliveries_expected: found.deliveries_ended,
        deliveries_missing: 0,
        missing_deliveries: [],
        events_missing: 0,
        missing_event_ids: [],
        events_not_fanned_out: 0,
        not_fanned_out_event_ids: [],
        truncated: false,
      });
    } finally {
      for (const id of endpoints) await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
      for (const receiver of receivers) await receiver.stop();
    }
  });
});

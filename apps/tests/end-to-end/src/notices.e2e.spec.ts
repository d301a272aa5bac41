import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const { address } = Customer.ofStack();
const operator = new Operator(address);
const producers = new ProducerService(address);
const EVERY_NOTICE = [
  'endpoint.failing',
  'endpoint.disabling_soon',
  'endpoint.disabled',
  'endpoint.recovered',
];

let customer: Customer;
let token: string;
let failing: Receiver;
let watching: Receiver;

beforeAll(async () => {
  ({ token } = await operator.token(await operator.organization('Notices')));
  customer = new Customer(address, token);
  failing = await Receiver.start();
  watching = await Receiver.start();
});

afterAll(async () => {
  await failing.stop();
  await watching.stop();
});

describe('a notice about an endpoint', () => {
  it('goes to the endpoints that subscribe to it, and not to the endpoint itself', async () => {
    const watcher = await customer.register(watching.url, { events: EVERY_NOTICE });
    expect(watcher.events).toEqual(EVERY_NOTICE);
    const { id } = await customer.register(failing.url, { events: ['interview_completed', ...EVERY_NOTICE] });
    failing.always({ status: 410 });
    await producers.post(interviewCompleted(), undefined, token);
    const [arrival] = await waitFor(() => watching.arrivals.length > 0 && watching.arrivals, 'the notice');
    const { disabled_at, health } = await customer.endpoint(id);
    expect(arrival?.headers['x-webhook-event']).toBe('endpoint.disabled');
    expect(JSON.parse(arrival?.body ?? '')).toEqual({
      event: 'endpoint.disabled',
      timestamp: expect.stringMatching(/^[-0-9]{10}T[:0-9]{8}Z$/),
      data: {
        endpoint_id: id,
        reason: 'gone',
        disabled_at,
        failing_since: health.failing_since,
        last_success_at: null,
        consecutive_failures: 1,
      },
    });
    // Its deliveries are in the log, as those of all events: one, to the other endpoint.
    const event = await waitFor(
      async () => (await customer.events({ event_type: 'endpoint.disabled' }))[0],
      'the notice in the audit',
    );
    await waitFor(() => customer.deliveryTo(watcher.id, 'success'), 'its delivery in the audit');
    const deliveries = await customer.deliveries({ event_id: event.id });
    expect(deliveries.map(({ endpoint_id }) => endpoint_id)).toEqual([watcher.id]);
    expect(failing.arrivals).toHaveLength(1);
  });

  it('can be tried with a test send', async () => {
    const { id } = await customer.register(watching.url, { events: ['endpoint.failing'] });
    const { status } = await customer.call('POST', `/api/v1/webhook-endpoints/${id}/test/`, {
      event_type: 'endpoint.failing',
    });
    expect(status).toBe(200);
    const { headers } = watching.arrivals.at(-1) ?? {};
    expect([headers?.['x-webhook-event'], headers?.['x-webhook-test']]).toEqual(['endpoint.failing', 'true']);
  });

  it('is nothing that producers can publish', async () => {
    const forged = { ...interviewCompleted(), type: 'endpoint.disabled' };
    const answer = await producers.post(forged, undefined, token);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { type: ['"endpoint.disabled" is a notice, which only this system publishes.'] },
    ]);
  });
});

import { RunningStack } from '@skillora/running-stack';
import { eventually, waitFor } from '@skillora/testing';

import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const FAILURES = 3;
const NOTICES = ['failing', 'disabling_soon', 'disabled', 'recovered'].map((kind) => `endpoint.${kind}`);

let stack: RunningStack;
let customer: Customer;
let producer: ProducerService;
let failing: Receiver;
let watching: Receiver;

beforeAll(async () => {
  stack = await RunningStack.start({
    ENDPOINT_FAILING_AFTER: '1s',
    ENDPOINT_DISABLE_AFTER: '4s',
    ENDPOINT_DISABLE_FAILURES: String(FAILURES),
    DELIVERY_TIMEOUT: '10s',
    ALLOW_HTTP_TARGETS: 'true',
    ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  });
  customer = new Customer(stack.address);
  producer = new ProducerService(stack.address);
  [failing, watching] = [await Receiver.start(), await Receiver.start()];
});

afterAll(async () => {
  await Promise.all([failing.stop(), watching.stop()]);
  await stack.stop();
});

/** Waits until the endpoint that watches has got these notices, and no others, in whatever order they came. */
const told = (...kinds: string[]): Promise<void> =>
  eventually(() => {
    const types = watching.arrivals.map(({ headers }) => String(headers['x-webhook-event']));
    expect(types.sort()).toEqual(kinds.map((kind) => `endpoint.${kind}`).sort());
  });

const publish = async (count: number): Promise<void> => {
  for (let published = 0; published < count; published += 1) await producer.publish(interviewCompleted());
};

describe('an endpoint that never succeeds', () => {
  it('is announced, disabled after the time and enough failures, and loses nothing once it is switched on', async () => {
    const since = new Date().toISOString();
    await customer.register(watching.url, { events: NOTICES });
    failing.always({ status: 500 });
    const { id } = await customer.register(failing.url, { retry_schedule: 'none' });
    const path = `/api/v1/webhook-endpoints/${id}/`;
    await publish(FAILURES - 1);
    // One failure is missing, so nothing more follows from the time that passes.
    await told('failing', 'disabling_soon');
    expect(await customer.endpoint(id)).toMatchObject({
      ...{ is_active: true, disabled_reason: null, disabled_at: null },
      health: { state: 'failing', last_success_at: null, consecutive_failures: FAILURES - 1 },
    });

    await publish(1);
    await told('failing', 'disabling_soon', 'disabled');
    const disabled = await customer.endpoint(id);
    expect(disabled).toMatchObject({
      ...{ is_active: false, disabled_reason: 'failing', disabled_at: expect.stringMatching(/Z$/) },
      health: { state: 'disabled', consecutive_failures: FAILURES },
    });
    await publish(2);
    await waitFor(
      async () => (await customer.events({ event_type: 'interview_completed' })).length === FAILURES + 2,
      'the events in the audit',
    );
    await waitFor(async () => {
      const { body } = await customer.call<{ events_awaiting_fan_out: number }>(
        'GET',
        '/api/v1/audit/reconciliation/',
      );
      return body.events_awaiting_fan_out === 0;
    }, 'that the events are matched with endpoints');
    expect(failing.arrivals).toHaveLength(FAILURES);

    failing.always({ status: 200 });
    const switchedOn = await customer.call('PATCH', path, { is_active: true });
    expect(switchedOn.body).toMatchObject({
      ...{ is_active: true, disabled_reason: null, disabled_at: null },
      health: { state: 'healthy', failing_since: null, consecutive_failures: 0 },
    });
    const asked = await customer.call<{ id: string }>('POST', `${path}recoveries/`, {
      ...{ since, what: 'undelivered' },
    });
    expect(asked.status).toBe(202);
    await eventually(async () => {
      const { body } = await customer.call('GET', `${path}recoveries/${asked.body.id}/`);
      expect(body).toMatchObject({ status: 'done', expected: FAILURES + 2, succeeded: FAILURES + 2 });
    });
    expect(failing.arrivals).toHaveLength(FAILURES + FAILURES + 2);
    await told('failing', 'disabling_soon', 'disabled', 'recovered');
    expect(await customer.endpoint(id)).toMatchObject({ is_active: true, health: { state: 'healthy' } });
  });
});

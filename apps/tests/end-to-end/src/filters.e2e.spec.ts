import { waitFor } from '@skillora/testing';

import { Customer, type Delivery, type WebhookEvent } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let path: string;
let endpointId: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  ({ id: endpointId } = await customer.register(receiver.url));
  path = `/api/v1/webhook-endpoints/${endpointId}/`;
});

afterEach(async () => {
  await customer.call('DELETE', path);
  await receiver.stop();
});

const above = (score: number) => ({ filter: { 'data.score': [{ '>=': score }] } });

/** Posts an event with this score. @returns its id, once it is accepted. */
async function accepted(score: number): Promise<string> {
  const event = interviewCompleted();
  const answer = await producer.post({ ...event, data: { ...event.data, score } });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

/** The counts of an event's deliveries, once every subscriber has been decided on. */
function decided(id: string): Promise<Record<string, number>> {
  return waitFor(async () => {
    const { status, body } = await customer.call<WebhookEvent>('GET', `/api/v1/webhook-events/${id}/`);
    const { success = 0, filtered = 0 } = status === 200 ? body.deliveries : {};
    return success + filtered > 0 && body.deliveries;
  }, `the outcome of event ${id}`);
}

describe('the filter of an endpoint', () => {
  it('decides on each event as it was when the event was accepted, while events come in and it changes', async () => {
    const filters = [
      above(80),
      above(20),
      { filter: null },
      above(80),
      above(60),
      { filter: null },
      above(95),
    ];
    const wants = (index: number, score: number): boolean => {
      const wanted = filters[index]?.filter;
      return !wanted || score >= wanted['data.score'][0]!['>='];
    };
    const EACH = 6;
    let [answered, begun, sent] = [-1, -1, 0];
    const certain: { id: string; score: number; index: number }[] = [];
    const countOf = (index: number) => certain.filter((each) => each.index === index).length;
    const traffic = async (): Promise<void> => {
      while (countOf(filters.length - 1) < EACH) {
        const index = answered;
        const score = [90, 50, 10][(sent += 1) % 3]!;
        const id = await accepted(score);
        // A change that was about to begin meanwhile may count for this event or not.
        if (index >= 0 && index === begun) certain.push({ id, score, index });
      }
    };
    const changes = async (): Promise<void> => {
      for (const [index, change] of filters.entries()) {
        begun = index;
        // The fan-out uses an endpoint at least as new as the event, so a later change may count for one that waits.
        await Promise.all(certain.map(({ id }) => decided(id)));
        expect((await customer.call('PATCH', path, change)).status).toBe(200);
        answered = index;
        await waitFor(() => countOf(index) >= EACH, `events under filter ${index}`);
      }
    };
    await Promise.all([traffic(), traffic(), changes()]);

    for (const { id, score, index } of certain) {
      const { success, filtered } = await decided(id);
      expect({ index, score, success, filtered }).toEqual(
        wants(index, score)
          ? { index, score, success: 1, filtered: 0 }
          : { index, score, success: 0, filtered: 1 },
      );
    }
    const arrived = new Set(receiver.arrivals.map(({ headers }) => headers['x-webhook-event-id']));
    for (const { id, score, index } of certain) expect(arrived.has(id)).toBe(wants(index, score));
  });

  it('is explained by the deliveries of an event, cannot be retried past, and lets test sends through', async () => {
    expect((await customer.call('PATCH', path, above(80))).status).toBe(200);
    const id = await accepted(79);
    expect(await decided(id)).toMatchObject({ success: 0, filtered: 1 });
    const { body } = await customer.call<{ results: Delivery[] }>(
      'GET',
      `/api/v1/webhook-events/${id}/deliveries/`,
    );
    expect(body.results).toEqual([
      expect.objectContaining({
        endpoint_id: endpointId,
        status: 'filtered',
        attempt_count: 0,
        attempts: [],
      }),
    ]);
    const retry = await customer.call('POST', `/api/v1/webhook-deliveries/${body.results[0]!.id}/retry/`);
    expect([retry.status, retry.body]).toEqual([
      409,
      { detail: expect.stringContaining('this one is filtered') },
    ]);
    expect(receiver.arrivals).toEqual([]);
    expect((await customer.call('POST', `${path}test/`)).status).toBe(200);
    expect(receiver.arrivals).toHaveLength(1);
    const trial = await customer.call('POST', `${path}filter/try/`, above(79));
    expect(trial.body).toMatchObject({
      results: expect.arrayContaining([expect.objectContaining({ id, matched: true })]),
    });
  });
});

import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Customer, type Page, type WebhookEvent, type Delivery } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const { address } = Customer.ofStack();
const operator = new Operator(address);
const producer = new ProducerService(address);

describe('two organisations that use the same source and id', () => {
  it('each get their own event, and see nothing of the other’s', async () => {
    const event = interviewCompleted();
    const parties = await Promise.all(
      ['One', 'Other'].map(async (name) => {
        const { token } = await operator.token(await operator.organization(name));
        const customer = new Customer(address, token);
        const receiver = await Receiver.start();
        return { token, customer, receiver, endpoint: await customer.register(receiver.url) };
      }),
    );
    const ids = new Set<string>();
    for (const [index, { token }] of parties.entries()) {
      const own = { ...event, data: { ...event.data, candidate_id: `candidate ${index}` } };
      const answer = await producer.post(own, 'application/cloudevents+json', token);
      expect(answer.status).toBe(202);
      ids.add(((await answer.json()) as { id: string }).id);
    }
    // The id is made of source and id alone, so an organisation cannot count on being the only one with it.
    const [id] = ids;
    expect(ids.size).toBe(1);

    for (const [index, { customer, receiver, endpoint }] of parties.entries()) {
      await waitFor(() => customer.deliveryTo(endpoint.id, 'success'), 'the delivery');
      const candidates = receiver.arrivals.map(({ body }) => (JSON.parse(body) as { data: unknown }).data);
      expect(candidates).toEqual([expect.objectContaining({ candidate_id: `candidate ${index}` })]);
      const seen = await customer.call<WebhookEvent>('GET', `/api/v1/webhook-events/${id}/`);
      expect(seen.body.payload).toMatchObject({ data: { candidate_id: `candidate ${index}` } });
      expect(seen.body.deliveries).toMatchObject({ success: 1 });
      const below = await customer.call<Page<Delivery>>('GET', `/api/v1/webhook-events/${id}/deliveries/`);
      expect(below.body.results.map(({ endpoint_id }) => endpoint_id)).toEqual([endpoint.id]);
      await receiver.stop();
    }
  });
});

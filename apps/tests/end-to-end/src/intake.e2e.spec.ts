import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import { Customer } from './testing/customer.js';
import { interviewCompleted, mockInterviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  endpointId = (await customer.register(receiver.url)).id;
});

afterEach(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
});

const bodyOf = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

/** Resolves when an event and another one before it have arrived. Two attempts under way arrive in either order. */
const bothArrived = (last: { readonly data: Record<string, unknown> }) =>
  waitFor(
    () =>
      receiver.arrivals.length > 1 &&
      receiver.arrivals.some(({ body }) => body.includes(String(last.data['interview_id']))),
    'the last, and what is before it',
  );

describe('an interview completion published to Kafka', () => {
  it('reaches the registered server, in the promised form and order, and stands in the audit', async () => {
    const event = interviewCompleted();
    await producer.publish(event);
    const [arrival] = await waitFor(() => receiver.arrivals.length > 0 && receiver.arrivals, 'the delivery');
    const body = bodyOf(arrival!.body);
    expect(Object.keys(body)).toEqual(['event', 'timestamp', 'data']);
    expect(body).toMatchObject({
      event: 'interview.completed',
      timestamp: '2026-03-04T03:06:07Z',
      data: event.data,
    });
    expect(Object.keys(body['data'] as object)).toEqual([
      'interview_id',
      'interview_results_url',
      'candidate_id',
      'job_id',
      'score',
      'status',
      'hiring_recommendation',
      'completed_at',
      'panel',
    ]);
    expect(JSON.stringify(JSON.parse(arrival!.body))).toBe(arrival!.body);

    const delivery = await waitFor(
      () => customer.deliveryTo(endpointId, 'success'),
      'the delivery in the audit',
    );
    expect(delivery).toMatchObject({
      event_type: 'interview_completed',
      attempt_count: 1,
      response_status: 200,
      error: null,
      next_retry_at: null,
      attempts: [{ number: 1, trigger: 'automatic', response_status: 200, error: null }],
    });
    expect(arrival!.headers['x-webhook-id']).toBe(delivery.id);
    const { body: audited } = await customer.call<Record<string, unknown>>(
      'GET',
      `/api/v1/webhook-events/${delivery.event_id}/`,
    );
    expect(JSON.stringify(audited['payload'])).toBe(arrival!.body);
    expect(audited).toMatchObject({
      id: delivery.event_id,
      event_type: 'interview_completed',
      occurred_at: expect.stringMatching(/^2026-03-04T03:06:07(\.890)?Z$/),
      deliveries: { success: 1, failed: 0, pending: 0, retrying: 0, filtered: 0 },
    });
  });

  it('may be a mock interview in binary mode', async () => {
    const event = mockInterviewCompleted();
    await producer.publishBinary(event);
    const [arrival] = await waitFor(() => receiver.arrivals.length > 0 && receiver.arrivals, 'the delivery');
    expect(bodyOf(arrival!.body)).toMatchObject({ event: 'mock_interview_completed', data: event.data });
    expect(arrival!.headers['x-webhook-event']).toBe('mock_interview_completed');
  });

  it('is delivered once, however often it is published', async () => {
    const event = interviewCompleted();
    for (let i = 0; i < 3; i += 1) await producer.publish(event);
    expect((await producer.post(event)).status).toBe(202);
    const last = interviewCompleted();
    await producer.publish(last);
    await bothArrived(last);
    expect(receiver.arrivals).toHaveLength(2);
  });

  it('with the source and id of another event and other data goes to the dead letters, and the first one counts', async () => {
    const event = interviewCompleted();
    const other = { ...event, data: { ...event.data, score: 12 } };
    await producer.publish(event);
    await producer.publish(other);
    expect((await producer.post(other)).status).toBe(202);
    const last = interviewCompleted();
    await producer.publish(last);
    await bothArrived(last);
    const bodies = receiver.arrivals.map(({ body }) => bodyOf(body)['data']);
    expect(bodies).toHaveLength(2);
    for (const { data } of [event, last]) {
      expect(bodies).toContainEqual(
        expect.objectContaining({ interview_id: data['interview_id'], score: 91.5 }),
      );
    }
    const letterFrom = (topic: string) =>
      producer.deadLetter(
        ({ value, headers }) => value?.includes(event.id) === true && headers['dead-letter-topic'] === topic,
      );
    for (const topic of ['interview-completions', 'webhook.events']) {
      const letter = await letterFrom(topic);
      expect(letter.headers['dead-letter-reason']).toBe('conflicting_data');
      expect(bodyOf(String(letter.value))).toMatchObject({
        id: event.id,
        source: event.source,
        data: other.data,
      });
    }
  });

  it('goes to the dead letters byte for byte when it cannot be accepted, and stops nothing behind it', async () => {
    const poison = Buffer.from(`{"not": "an event ${randomUUID()}"`);
    const bad = interviewCompleted();
    const withoutId = { ...bad, data: { ...bad.data, interview_id: undefined } };
    await producer.publishRaw(poison, { 'x-own-header': 'kept' });
    await producer.publish(withoutId);
    const good = interviewCompleted();
    await producer.publish(good);
    await waitFor(() => receiver.arrivals.length > 0, 'the event behind the poison');
    expect(receiver.arrivals[0]!.body).toContain(String(good.data['interview_id']));

    const letter = await producer.deadLetter(({ value }) => value?.equals(poison) === true);
    expect(letter.key).toBe(customer.address.organizationId);
    expect(letter.headers).toMatchObject({
      'x-own-header': 'kept',
      'dead-letter-topic': 'interview-completions',
    });
    expect(Object.keys(letter.headers)).toEqual(
      expect.arrayContaining([
        'dead-letter-reason',
        'dead-letter-detail',
        'dead-letter-partition',
        'dead-letter-offset',
      ]),
    );
    const incomplete = await producer.deadLetter(({ value }) => value?.includes(bad.id) === true);
    expect(incomplete.headers['dead-letter-detail']).toContain('interview_id');
  });

  it('is refused when it holds a number that JavaScript would alter', async () => {
    const id = randomUUID();
    const text = JSON.stringify({
      organizationid: customer.address.organizationId,
      ...interviewCompleted({ id }),
    });
    await producer.publishRaw(
      Buffer.from(text.replace('"score":91.5', '"score":50,"ticket":9007199254740993')),
    );
    const letter = await producer.deadLetter(({ value }) => value?.includes(id) === true);
    expect(letter.headers['dead-letter-detail']).toContain('ticket');
  });
});

describe('an interview completion sent over HTTP', () => {
  it('is accepted with the id under which the audit knows it', async () => {
    const response = await producer.post(interviewCompleted());
    expect(response.status).toBe(202);
    const { id, status } = (await response.json()) as { id: string; status: string };
    expect(status).toBe('accepted');
    await waitFor(() => customer.deliveryTo(endpointId, 'success'), 'the delivery');
    const [delivery] = await customer.deliveries({ event_id: id });
    expect(delivery).toMatchObject({ endpoint_id: endpointId, status: 'success' });
  });

  it('is there for whoever asks for it as soon as it was accepted', async () => {
    let accepted = 0;
    for (const path of [
      (id: string) => `webhook-deliveries/?event_id=${id}`,
      (id: string) => `webhook-events/${id}/`,
    ]) {
      // Whoever asks waits a second at most. On a slow machine the audit may need longer for an event, and another one tells.
      await waitFor(async () => {
        const { id } = (await (await producer.post(interviewCompleted())).json()) as { id: string };
        accepted += 1;
        return (await customer.call('GET', `/api/v1/${path(id)}`)).status === 200;
      }, 'an event that is there at once');
    }
    await waitFor(
      () => receiver.arrivals.length === accepted,
      'their arrival, which the next test would take for its own',
    );
  });

  it('may come in a batch, all of which is accepted or none', async () => {
    const batch = [interviewCompleted(), mockInterviewCompleted(), interviewCompleted()];
    const response = await producer.post(batch, 'application/cloudevents-batch+json');
    expect(response.status).toBe(202);
    expect(await response.json()).toHaveLength(3);
    await waitFor(() => receiver.arrivals.length === 3, 'three deliveries');
    const bad = [interviewCompleted(), { ...interviewCompleted(), type: 'coffee_break' }];
    expect((await producer.post(bad, 'application/cloudevents-batch+json')).status).toBe(400);
  });

  it.each([
    ['no id', { id: undefined }, 'id'],
    ['an unknown type', { type: 'coffee_break' }, 'type'],
    ['a time that is none', { time: 'yesterday' }, 'time'],
    ['another organisation', { organizationid: randomUUID() }, 'organizationid'],
    ['a score above 100', { data: { ...interviewCompleted().data, score: 101 } }, 'data.score'],
    ['a score that is text', { data: { ...interviewCompleted().data, score: '91' } }, 'data.score'],
  ])('with %s is refused and the field is named', async (_what, change, field) => {
    const response = await producer.post({ ...interviewCompleted(), ...change });
    expect(response.status).toBe(400);
    expect(Object.keys((await response.json()) as object)).toContain(field);
  });

  it('needs a token', async () => {
    const response = await producer.post(interviewCompleted(), 'application/json', 'not-a-token');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  it.each([
    ['not JSON', '{', 'application/json', 400],
    ['another media type', 'a=b', 'application/x-www-form-urlencoded', 415],
    ['far too much', JSON.stringify('x'.repeat(6_000_000)), 'application/json', 413],
  ])('that is %s is refused as such', async (_what, body, contentType, status) => {
    expect((await producer.post(body, contentType)).status).toBe(status);
  });
});

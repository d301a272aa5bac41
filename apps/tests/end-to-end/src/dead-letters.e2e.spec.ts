import { randomUUID } from 'node:crypto';

import { deadLetterHeaders } from '@skillora/contracts';
import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

import { Customer } from './testing/customer.js';
import { type CloudEvent, interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const operator = new Operator(customer.address);
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  ({ id: endpointId } = await customer.register(receiver.url));
});

afterEach(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
});

const { organizationId } = customer.address;

/** Refuses an event as a release did that did not know its type yet. */
async function refusedBefore(event: CloudEvent): Promise<void> {
  const kafka = new Kafka({ brokers: customer.address.brokers, logLevel: logLevel.NOTHING });
  const writer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await writer.connect();
  const place = { topic: 'interview-completions', partition: 0, offset: 0n, timestamp: Date.now() };
  const headers = deadLetterHeaders(
    'unknown_event_type',
    '"interview_completed" is not a known event type.',
    place,
  );
  const value = JSON.stringify({ ...event, organizationid: organizationId });
  await writer.send({
    topic: 'interview-completions.dead-letter',
    messages: [
      { key: organizationId, value, headers: { 'content-type': 'application/cloudevents+json', ...headers } },
    ],
  });
  await writer.disconnect();
}

const interviewOf = (body: unknown): string => (body as { data: { interview_id: string } }).data.interview_id;

const redrive = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await operator.admin('dead-letters', 'redrive', '--json', ...args)) as Record<string, unknown>;

const letterOf = async (since: string, text: string): Promise<string> => {
  const found = JSON.parse(
    await operator.admin(
      'dead-letters',
      'list',
      '--json',
      '--organization',
      organizationId,
      '--since',
      since,
    ),
  ) as { letter: string; source_id: string | null; detail: string }[];
  return found.find((each) => each.source_id === text || each.detail.includes(text))?.letter ?? '';
};

describe('a redrive of dead letters', () => {
  it('delivers an event that was refused, once, however often it is redriven', async () => {
    const since = new Date(Date.now() - 1_000).toISOString();
    const event = interviewCompleted();
    await refusedBefore(event);
    const letter = await letterOf(since, event.id);
    expect(await redrive('--letter', letter)).toMatchObject({ matched: 1, redriven: 1 });
    // At once again: the audit may not have it yet, and the fan-out remembers it.
    await redrive('--letter', letter);
    const last = interviewCompleted();
    await producer.publish(last);
    const wanted = [event, last].map(({ data }) => String(data['interview_id'])).sort();
    // Two attempts under way arrive in either order.
    const arrived = (): string[] => receiver.arrivals.map(({ body }) => interviewOf(JSON.parse(body))).sort();
    await waitFor(() => wanted.every((id) => arrived().includes(id)), 'it and the event behind it');
    expect(arrived()).toEqual(wanted);
    await waitFor(async () => {
      const audited = (await customer.events({ created_after: since })).map(({ payload }) =>
        interviewOf(payload),
      );
      return wanted.every((id) => audited.includes(id));
    }, 'the events in the audit');
    expect(await redrive('--letter', letter)).toMatchObject({ redriven: 0, left_alone: { accepted: 1 } });
    const changes = await customer.call<{ results: { action: string; object_id: string }[] }>(
      'GET',
      `/api/v1/audit/changes/?action=organization.dead_letters_redriven&created_after=${since}`,
    );
    expect(changes.body.results[0]).toMatchObject({ object_id: organizationId });
  });

  it('of a record that is still refused makes one new dead letter, with the bytes of the first', async () => {
    const since = new Date(Date.now() - 1_000).toISOString();
    const poison = Buffer.from(`{"not": "an event ${randomUUID()}"`);
    await producer.publishRaw(poison, { own: 'kept' });
    const first = await producer.deadLetter(({ value }) => value?.equals(poison) === true);
    expect(first.headers['redriven-from']).toBeUndefined();
    const place = { reason: 'not_json', organization: organizationId };
    expect(
      await redrive('--reason', place.reason, '--organization', place.organization, '--since', since),
    ).toMatchObject({ redriven: 1 });
    const second = await producer.deadLetter(
      ({ value, headers }) => value?.equals(poison) === true && headers['redriven-from'] !== undefined,
    );
    expect(second).toMatchObject({
      key: organizationId,
      headers: {
        own: 'kept',
        'dead-letter-reason': 'not_json',
        'redriven-from': expect.any(String) as string,
      },
    });
    expect(receiver.arrivals).toEqual([]);
  });
});

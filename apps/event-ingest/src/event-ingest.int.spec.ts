import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, eventId, Topics } from '@skillora/contracts';
import { textHeader } from '@skillora/kafka';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent } from './testing/samples.js';

let ingest: RunningIngest;
const organization = randomUUID();

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
});

afterAll(() => ingest.stop());

function event(change: Record<string, unknown> = {}): { id: string; text: string } {
  const id = randomUUID();
  return { id, text: JSON.stringify(cloudEvent({ id, organizationid: organization, ...change })) };
}

const accepted = (id: string) =>
  waitFor(
    () => ingest.events.find(({ value }) => canonicalEventSchema.decode(value).sourceId === id),
    `event ${id}`,
  );

const letterOf = (value: Buffer) =>
  waitFor(() => ingest.deadLetters.find((each) => each.value.equals(value)), 'the dead letter');

describe('the public topic', () => {
  it('becomes canonical events, keyed by organisation, with schema, trace and origin in their headers', async () => {
    const { id, text } = event();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await ingest.publish(text, { traceparent }, organization);
    const { key, value, headers } = await accepted(id);
    expect(key).toBe(organization);
    expect(headers).toEqual({
      schema: 'webhook.event',
      'schema-version': '1',
      traceparent,
      origin: expect.stringMatching(/^interview-completions\/\d+\/\d+$/),
    });
    expect(canonicalEventSchema.decode(value)).toMatchObject({
      id: eventId('/services/interviews', id),
      organizationId: organization,
    });
  });

  it('loses nothing it cannot accept, of whatever bytes, and goes on behind it', async () => {
    const poison = Buffer.concat([Buffer.from(randomUUID()), Buffer.from([0xff, 0x00])]);
    await ingest.publish(poison, { own: 'kept' }, organization);
    await ingest.publish(null, {}, organization);
    const large = event({ data: { notes: 'x'.repeat(900_000) } });
    await ingest.publish(large.text, {}, organization);
    const { id, text } = event();
    await ingest.publish(text, {}, organization);
    await accepted(id);
    const letter = await waitFor(
      () => ingest.deadLetters.find(({ value }) => value.equals(poison)),
      'the dead letter',
    );
    expect(letter.key).toBe(organization);
    expect(letter.headers).toMatchObject({ own: 'kept', 'dead-letter-reason': 'not_json' });
    await waitFor(() => ingest.deadLetters.find(({ value }) => value.includes(large.id)), 'the large letter');
    await waitFor(
      () => ingest.deadLetters.find(({ value }) => value.length === 0),
      'the letter without value',
    );
  });

  it('keeps every header of what it refuses, whatever it is called and null values too', async () => {
    const headers = [
      { name: Buffer.from('nothing'), value: null },
      ...['constructor', '__proto__', 'toString'].map((name) => textHeader(name, `own ${name}`)),
      textHeader('twice', '1'),
      textHeader('7', 'a number'),
      textHeader('twice', '2'),
      textHeader('', 'no name'),
      { name: Buffer.from('bytes'), value: Buffer.from([0xff, 0x00]) },
    ];
    const refused = Buffer.from(`not JSON ${randomUUID()}`);
    await ingest.publishRaw(refused, headers, organization);
    const { headerList } = await letterOf(refused);
    expect(headerList.slice(0, headers.length)).toEqual(headers);
    expect(headerList).toContainEqual(textHeader('dead-letter-reason', 'not_json'));
    const { id, text } = event();
    await ingest.publishRaw(Buffer.from(text), headers, organization);
    await accepted(id);
  });

  it('goes on behind a record that the dead-letter topic does not take whole, and keeps what it takes', async () => {
    await ingest.limitRecords(Topics.interviewCompletionsDeadLetter, 20_000);
    try {
      const mark = randomUUID();
      const refused = Buffer.from(`not JSON ${'x'.repeat(50_000)}`);
      await ingest.publishRaw(refused, [textHeader('mark', mark)], organization);
      const { id, text } = event();
      await ingest.publish(text, {}, organization);
      await accepted(id);
      const letter = await waitFor(
        () => ingest.deadLetters.find(({ headers }) => headers['mark'] === mark),
        'the dead letter',
      );
      expect(letter.value).toHaveLength(0);
      expect(letter.headers).toMatchObject({
        'dead-letter-reason': 'internal',
        'dead-letter-detail': expect.stringContaining('larger than the max message size') as string,
        'dead-letter-left-out': `the value (${refused.length} bytes)`,
      });
    } finally {
      await ingest.limitRecords(Topics.interviewCompletionsDeadLetter, 2_097_152);
    }
  });
});

describe('HTTP', () => {
  it('answers 202 once Kafka has the event', async () => {
    const { id, text } = event();
    const response = await ingest.post(text, await ingest.token(organization));
    expect([response.status, await response.json()]).toEqual([
      202,
      { id: eventId('/services/interviews', id), status: 'accepted' },
    ]);
    await accepted(id);
  });

  it('takes a token the moment it is made, and refuses it once it is revoked', async () => {
    const token = await ingest.token(organization);
    expect((await ingest.post(event().text, token)).status).toBe(202);
    await ingest.revoke(token);
    // A token nobody knows makes the service read its topic to the end.
    expect((await ingest.post(event().text, randomUUID())).status).toBe(401);
    expect((await ingest.post(event().text, token)).status).toBe(401);
  });

  it('refuses an expired token, one without the scope, and none', async () => {
    const expired = await ingest.token(organization, ['events:write'], '2020-01-01T00:00:00.000Z');
    expect((await ingest.post(event().text, expired)).status).toBe(401);
    const other = await ingest.token(organization, ['endpoints:read']);
    expect((await ingest.post(event().text, other)).status).toBe(403);
    const response = await ingest.post(event().text, null);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it.each([
    ['nothing', '', 'application/json', 400],
    ['broken JSON', '{', 'application/json', 400],
    ['a number that would be altered', '{"data":{"n":1e400}}', 'application/json', 400],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415],
    ['too much', ' '.repeat(1_000_001), 'application/json', 413],
  ])('refuses %s', async (_what, content, contentType, status) => {
    const response = await ingest.post(content, await ingest.token(organization), contentType);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
  });

  it('accepts none of a batch of which one is bad', async () => {
    const [good, bad] = [event(), event({ type: 'coffee_break' })];
    const token = await ingest.token(organization);
    const batch = 'application/cloudevents-batch+json';
    const response = await ingest.post(`[${good.text},${bad.text}]`, token, batch);
    expect([response.status, await response.json()]).toEqual([400, { '1.type': [expect.any(String)] }]);
    const later = event();
    expect((await ingest.post(`[${later.text}]`, token, batch)).status).toBe(202);
    await accepted(later.id);
    expect(ingest.events.some(({ value }) => value.includes(good.id))).toBe(false);
  });
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { canonicalEventSchema } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent, interviewData, mockInterviewData } from './testing/samples.js';

const BATCH = 'application/cloudevents-batch+json';
/** An answer or a dead letter's headers of more would not be for people. */
const LEGIBLE_BYTES = 64 * 1_024;

let ingest: RunningIngest;
const [attacker, neighbour] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
});

afterAll(() => ingest.stop());

function event(organizationid: string, change: Record<string, unknown> = {}): { id: string; text: string } {
  const id = randomUUID();
  return { id, text: JSON.stringify(cloudEvent({ id, organizationid, ...change })) };
}

const accepted = (id: string) =>
  waitFor(
    () => ingest.events.find(({ value }) => canonicalEventSchema.decode(value).sourceId === id),
    `event ${id}`,
  );

const letterOf = (id: string) =>
  waitFor(() => ingest.deadLetters.find(({ value }) => value.includes(id)), `the dead letter of ${id}`);

/** Sends an event over HTTP and resolves with the status of the answer. */
const statusOf = async (text: string, token: string): Promise<number> =>
  (await ingest.post(text, token)).status;

/**
 * Events of nearly a megabyte, each of which once cost minutes or all memory, and the word under which each
 * is refused.
 */
function attacks(): { what: string; id: string; text: string; reason: string }[] {
  const within = (data: Record<string, unknown>, type = 'interview_completed') =>
    event(attacker, {
      type,
      data: { ...(type === 'interview_completed' ? interviewData() : mockInterviewData()), ...data },
    });
  const withText = (text: string) => {
    const { id, text: whole } = within({ attack: 'HERE' });
    return { id, text: whole.replace('"HERE"', text) };
  };
  const many = (each: string, count: number): string =>
    `[${Array.from({ length: count }, () => each).join(',')}]`;
  return [
    { what: 'one long number', ...withText(`1.${'0'.repeat(900_000)}1`), reason: 'inexact_number' },
    { what: 'many bad numbers', ...withText(many('1e400', 120_000)), reason: 'inexact_number' },
    {
      what: 'bad numbers under a long name',
      ...withText(`{"${'k'.repeat(400_000)}":${many('1e400', 80_000)}}`),
      reason: 'inexact_number',
    },
    {
      what: 'a list that is wrong everywhere',
      ...within({ learning_resources: Array.from({ length: 190_000 }, () => 1) }, 'mock_interview_completed'),
      reason: 'invalid_data',
    },
    {
      what: 'bad texts under a long name',
      ...within({ ['k'.repeat(100_000)]: Array.from({ length: 15_000 }, () => '\u0000') }),
      reason: 'invalid_data',
    },
    { what: 'more values than can be read', ...withText(many('[]', 200_000)), reason: 'too_large' },
    { what: 'deep nesting', ...withText('['.repeat(400_000) + ']'.repeat(400_000)), reason: 'not_json' },
  ];
}

describe('while an instance has not read any record,', () => {
  it('one that it fails at is tried again: the release may be to blame', async () => {
    const mark = randomUUID();
    ingest.failAt(mark, 2);
    const { id, text } = event(attacker, { subject: mark });
    await ingest.publish(text, {}, attacker);
    await accepted(id);
    expect(await ingest.metric('webhook_kafka_batch_failures_total')).toBe(2);
    expect(ingest.deadLetters.some(({ value }) => value.includes(mark))).toBe(false);
  });
});

describe('what producers send over Kafka', () => {
  it('is a dead letter with few words, however much of it is wrong, and the neighbour in its partition is served', async () => {
    const sent = attacks();
    const neighbours: string[] = [];
    // Without a key of its own an organisation could be in any partition: here the attacker's.
    for (const { text } of sent) {
      await ingest.publish(text, {}, attacker);
      const { id, text: good } = event(attacker);
      await ingest.publish(good, {}, attacker);
      neighbours.push(id);
    }
    const other = event(neighbour);
    await ingest.publish(other.text, {}, neighbour);
    for (const id of [...neighbours, other.id]) await accepted(id);
    for (const { what, id, reason } of sent) {
      const { headers } = await letterOf(id);
      expect([what, headers['dead-letter-reason']]).toEqual([what, reason]);
      expect(JSON.stringify(headers).length).toBeLessThan(LEGIBLE_BYTES);
    }
  });

  it('is a dead letter with the reason internal where we fail at it, and the batch does not come again', async () => {
    const mark = randomUUID();
    ingest.failAt(mark, 1);
    const before = await ingest.metric('webhook_kafka_batch_failures_total');
    const poison = event(attacker, { subject: mark });
    const good = event(attacker);
    await ingest.publish(event(attacker).text, {}, attacker);
    await ingest.publish(poison.text, {}, attacker);
    await ingest.publish(good.text, {}, attacker);
    await accepted(good.id);
    const { key, value, headers } = await letterOf(poison.id);
    expect([key, value.toString()]).toEqual([attacker, poison.text]);
    expect(headers).toMatchObject({
      'dead-letter-reason': 'internal',
      'dead-letter-detail': 'TypeError: x is undefined',
    });
    expect(await ingest.metric('webhook_kafka_batch_failures_total')).toBe(before);
    expect(await ingest.metric('webhook_kafka_records_unhandled_total')).toBe(1);
  });
});

describe('what is sent over HTTP', () => {
  it('is refused with few words, and the neighbour is served meanwhile', async () => {
    const [token, other] = [await ingest.token(attacker), await ingest.token(neighbour)];
    const sent = attacks().flatMap(({ what, text }) => [
      { what, text, contentType: 'application/cloudevents+json' },
      { what, text: `[${text}]`, contentType: BATCH },
    ]);
    const answers = sent.map(async ({ what, text, contentType }) => {
      const response = await ingest.post(text, token, contentType);
      const body = await response.text();
      return { what, status: response.status, isLegible: body.length < LEGIBLE_BYTES };
    });
    const served = Array.from({ length: 20 }, () => statusOf(event(neighbour).text, other));
    expect(await Promise.all(served)).toEqual(served.map(() => 202));
    expect(await Promise.all(answers)).toEqual(
      sent.map(({ what }) => ({ what, status: 400, isLegible: true })),
    );
  });

  it('is read when the turn of its organisation has come, by what it holds once it is decompressed', async () => {
    const token = await ingest.token(attacker);
    // The service knows the token from here on.
    expect(await statusOf(event(attacker).text, token)).toBe(202);
    const { text } = event(attacker, { data: { ...interviewData(), notes: 'x'.repeat(200_000) } });
    const reading = ingest.holdReading();
    const headers = ['Content-Type', 'application/cloudevents+json', 'Content-Encoding', 'gzip'];
    const answer = ingest.postRaw(token, headers, gzipSync(text));
    try {
      await waitFor(() => reading.asked.length > 0, 'a turn that is asked for');
    } finally {
      reading.release();
    }
    expect(reading.asked).toEqual([[attacker, text.length]]);
    expect((await answer).status).toBe(202);
  });
});

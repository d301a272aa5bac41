import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';

let ingest: RunningIngest;

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
});

afterAll(() => ingest.stop());

/** The time with which the log keeps a record. A refused record shows it in its dead letter. */
async function keptTime(timestamp: Date): Promise<number> {
  const mark = randomUUID();
  const producer = ingest.kafka.producer();
  await producer.connect();
  try {
    const messages = [{ value: mark, timestamp: String(timestamp.getTime()) }];
    await producer.send({ topic: Topics.interviewCompletions, messages });
  } finally {
    await producer.disconnect();
  }
  const letter = await waitFor(
    () => ingest.deadLetters.find(({ value }) => value.includes(mark)),
    'the dead letter',
  );
  return Date.parse(letter.headers['dead-letter-timestamp'] ?? '');
}

describe('a record that its producer dates to', () => {
  it.each(['1970-01-01T00:00:00Z', '2100-01-01T00:00:00Z'])(
    '%s is kept as long as any other, by the time at which it was appended',
    async (timestamp) => {
      const before = Date.now();
      const kept = await keptTime(new Date(timestamp));
      // The broker has the clock of this machine, whose milliseconds may be cut off differently.
      expect(kept).toBeGreaterThanOrEqual(before - 1_000);
      expect(kept).toBeLessThanOrEqual(Date.now() + 1_000);
    },
  );
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, eventId } from '@skillora/contracts';
import { PythonPackages } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import {
  javaScriptMessages,
  javaScriptRecords,
  type ProducerEvent,
  type ProducerMessage,
  PYTHON_PROGRAMS,
} from './testing/producer-messages.js';
import { RunningIngest } from './testing/running-ingest.js';
import { interviewData } from './testing/samples.js';

/** Fetching packages takes as long as the package index does. */
const LIMIT_MS = 600_000;
const DATA = interviewData();

let ingest: RunningIngest;
let token: string;
const organization = randomUUID();

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
  token = await ingest.token(organization);
});

afterAll(() => ingest.stop());

/** An event whose id and subject hold what SDKs do not escape. */
function producerEvent(id = `100% "sure" ${randomUUID()}`): ProducerEvent {
  const source = '/services/interviews';
  return { id, source, type: 'interview_completed', subject: '50%', organizationid: organization };
}

const idOf = ({ source, id }: ProducerEvent): string => eventId(source, id);

/** Sends each of an SDK's messages as it is. Node's own client writes a character of a header as a byte. */
async function sendEach(messages: readonly ProducerMessage[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const { form, headers, body } of messages) {
    const answer = await ingest.postRaw(token, Object.entries(headers).flat(), body);
    answers[form] = [answer.status, answer.body];
  }
  return answers;
}

const allAccepted = (messages: readonly ProducerMessage[], event: ProducerEvent): Record<string, unknown> =>
  Object.fromEntries(messages.map(({ form }) => [form, [202, { id: idOf(event), status: 'accepted' }]]));

/** Publishes each of an SDK's records, and waits until each has become an event. */
async function publishEach(records: readonly ProducerMessage[], event: ProducerEvent): Promise<void> {
  for (const { headers, body } of records) await ingest.publish(body, headers, organization);
  await waitFor(() => {
    const events = ingest.events.map(({ value }) => canonicalEventSchema.decode(value));
    return events.filter(({ sourceId }) => sourceId === event.id).length === records.length;
  }, `${records.length} records of ${event.id}`);
}

/** What a program of the Python SDK makes of an event. */
async function made(python: PythonPackages, program: string, event: ProducerEvent): Promise<PythonMessage[]> {
  const env = { EVENT: JSON.stringify(event), DATA: JSON.stringify(DATA) };
  const lines = (await python.run(program, env)).trim().split('\n');
  return lines.map((line) => {
    const message = JSON.parse(line) as PythonMessage & { body: string };
    return { ...message, body: Buffer.from(message.body, 'base64') };
  });
}

type PythonMessage = ProducerMessage & { readonly binding: 'http' | 'kafka' };

describe('the JavaScript SDK', () => {
  it('is understood over HTTP in both modes, in whatever form it is given the data', async () => {
    const event = producerEvent();
    const messages = javaScriptMessages(event, DATA);
    expect(await sendEach(messages)).toEqual(allAccepted(messages, event));
  });

  it('is understood over Kafka in both modes', async () => {
    const event = producerEvent(`é ${randomUUID()}`);
    await publishEach(javaScriptRecords(event, DATA), event);
  });
});

describe.each(Object.entries(PYTHON_PROGRAMS))('the Python SDK %s', (packageName, program) => {
  it(
    'is understood over HTTP and Kafka in both modes, in whatever form it is given the data',
    async () => {
      const python = await PythonPackages.install(packageName);
      if (python === null) return;
      const event = producerEvent();
      const overHttp = (await made(python, program, event)).filter(({ binding }) => binding === 'http');
      expect(overHttp.length).toBeGreaterThan(5);
      expect(await sendEach(overHttp)).toEqual(allAccepted(overHttp, event));
      const other = producerEvent(`é ${randomUUID()}`);
      const records = (await made(python, program, other)).filter(({ binding }) => binding === 'kafka');
      expect(records.length).toBeGreaterThan(3);
      await publishEach(records, other);
    },
    LIMIT_MS,
  );
});

import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { canonicalEventSchema, eventId } from '@skillora/contracts';
import { textHeader } from '@skillora/kafka';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent, interviewData } from './testing/samples.js';

let ingest: RunningIngest;
let token: string;
const organization = randomUUID();
const SOURCE = '/services/interviews';
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
  token = await ingest.token(organization);
});

afterAll(() => ingest.stop());

const DATA = Buffer.from(JSON.stringify(interviewData()));
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** The attributes of an event of ours, as the headers of a binding. */
function attributes(prefix: string, change: Record<string, string> = {}): Record<string, string> {
  const own = { specversion: '1.0', id: randomUUID(), source: SOURCE, type: 'interview_completed' };
  const all = { ...own, time: '2026-03-04T03:06:07Z', organizationid: organization, ...change };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value]));
}

const accepted = (sourceId: string) =>
  waitFor(
    () =>
      ingest.events
        .map(({ value }) => canonicalEventSchema.decode(value))
        .find((event) => event.sourceId === sourceId),
    `event ${sourceId}`,
  );

describe('an event in binary mode over HTTP', () => {
  it.each([
    ['escaped', (text: string) => encodeURIComponent(text)],
    ['as UTF-8', latin1],
    ['quoted', (text: string) => `"${latin1(text).replaceAll('"', '\\"')}"`],
  ])('keeps its id when the header comes %s', async (_how, encode) => {
    const id = `é "${randomUUID()}"`;
    const headers = Object.entries(attributes('ce-', { id: encode(id) })).flat();
    const { status, body } = await ingest.postRaw(token, headers, DATA);
    expect([status, body]).toEqual([202, { id: eventId(SOURCE, id), status: 'accepted' }]);
    expect((await accepted(id)).id).toBe(eventId(SOURCE, id));
  });

  it('is refused by the name of a header whose bytes are not UTF-8', async () => {
    const headers = Object.entries(attributes('ce-', { id: 'caf\u00e9' })).flat();
    const { status, body } = await ingest.postRaw(token, headers, DATA);
    expect([status, body]).toEqual([400, { id: [expect.stringContaining('ce-id')] }]);
  });

  it('needs no Content-Type, and may have any that says JSON', async () => {
    for (const type of [[], ['Content-Type', 'text/json'], ['Content-Type', 'application/vnd.x+json']]) {
      const headers = [...Object.entries(attributes('ce-')).flat(), ...type];
      expect((await ingest.postRaw(token, headers, DATA)).status).toBe(202);
    }
    const plain = [...Object.entries(attributes('ce-')).flat(), 'Content-Type', 'text/plain'];
    expect((await ingest.postRaw(token, plain, DATA)).status).toBe(415);
    expect((await ingest.postRaw(token, [], DATA)).status).toBe(415);
  });
});

describe('an event in binary mode over Kafka', () => {
  it('is a dead letter as it came when a header is not UTF-8, and what is behind it goes on', async () => {
    const [lost, kept] = [randomUUID(), randomUUID()];
    const bytes = Buffer.concat([Buffer.from(lost), Buffer.from([0xff])]);
    await ingest.publish(DATA, { ...attributes('ce_'), ce_id: bytes, mark: lost }, organization);
    await ingest.publish(DATA, attributes('ce_', { id: kept }), organization);
    await accepted(kept);
    const letter = await waitFor(
      () => ingest.deadLetters.find(({ headers }) => headers['mark'] === lost),
      'the dead letter',
    );
    expect(letter.headers).toMatchObject({
      'dead-letter-reason': 'not_a_cloud_event',
      'dead-letter-detail': 'id: The header ce_id cannot be read: its bytes are not UTF-8.',
    });
  });

  it('takes null headers for none, and refuses a header that stands twice with two values', async () => {
    const [id, twice] = [randomUUID(), randomUUID()];
    const headers = Object.entries(attributes('ce_', { id })).map(([name, value]) => textHeader(name, value));
    const nulls = ['content-type', 'ce_subject', 'ce_id'].map((name) => ({
      name: Buffer.from(name),
      value: null,
    }));
    await ingest.publishRaw(
      DATA,
      [...headers, textHeader('ce_id', twice), textHeader('mark', id)],
      organization,
    );
    await ingest.publishRaw(DATA, [...headers, ...nulls], organization);
    await accepted(id);
    const letter = await waitFor(
      () => ingest.deadLetters.find((each) => each.headers['mark'] === id),
      'the dead letter',
    );
    expect(letter.headers['dead-letter-detail']).toBe(
      'id: The header ce_id stands more than once, with different values.',
    );
  });
});

describe('a compressed request', () => {
  const compressed = (text: string, type = STRUCTURED, coding = 'gzip', bytes = gzipSync(text)) =>
    ingest.postRaw(token, ['Content-Type', type, 'Content-Encoding', coding], bytes);
  const event = (): Record<string, unknown> => cloudEvent({ id: randomUUID(), organizationid: organization });

  it('brings an event, a batch, and an event in binary mode', async () => {
    expect((await compressed(JSON.stringify(event()))).status).toBe(202);
    expect((await compressed(JSON.stringify([event(), event()]), BATCH)).body).toHaveLength(2);
    const headers = [...Object.entries(attributes('ce-')).flat(), 'Content-Encoding', 'gzip'];
    expect((await ingest.postRaw(token, headers, gzipSync(DATA))).status).toBe(202);
    expect((await compressed('', STRUCTURED, 'identity', Buffer.from(JSON.stringify(event())))).status).toBe(
      202,
    );
  });

  it('is refused with 415 and what is taken when its coding is another', async () => {
    const { status, headers, body } = await compressed('{}', STRUCTURED, 'br');
    expect([status, headers['accept-encoding'], body]).toEqual([
      415,
      'gzip',
      { detail: expect.stringContaining('"br"') },
    ]);
  });

  it('is refused with 413 when it is larger than a body may be once it is decompressed', async () => {
    const { status, body } = await compressed(' '.repeat(50_000_000));
    expect([status, body]).toEqual([413, { detail: expect.any(String) }]);
    expect((await compressed(`[${' '.repeat(2_000_000)}]`, BATCH)).status).toBe(413);
  });

  it('is refused with 400 when it is broken', async () => {
    const broken = gzipSync(JSON.stringify(event())).subarray(0, -4);
    expect((await compressed('', STRUCTURED, 'gzip', broken)).body).toEqual({
      detail: 'The request body is not valid gzip.',
    });
  });

  it('is not decompressed for somebody without a token', async () => {
    const headers = ['Content-Type', STRUCTURED, 'Content-Encoding', 'br'];
    expect((await ingest.postRaw('none', headers, DATA)).status).toBe(401);
  });
});

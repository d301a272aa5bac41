import { MAX_RECORD_BYTES, NOTICE_TYPES } from '@skillora/contracts';

import { cloudEvent, interviewData, ORGANIZATION, OTHER_ORGANIZATION } from '../testing/samples.js';
import { UnacceptableException } from '../unacceptable.js';
import { readRecord } from './read-record.js';

const NOW = new Date('2026-03-04T03:07:00Z');
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

type Value = Buffer | string | null;

/** Headers by name, of a repeated one all values. */
type Headers = Readonly<Record<string, Value | readonly Value[]>>;

function record(value: unknown, headers: Headers = {}, key: string | null = ORGANIZATION) {
  const headerList = Object.entries(headers).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((each: Value) => ({
      name: Buffer.from(name),
      value: each === null ? null : Buffer.from(each),
    })),
  );
  return { key, headerList, value: value === null ? null : Buffer.from(JSON.stringify(value)) };
}

function refusal(...args: Parameters<typeof record>): UnacceptableException {
  try {
    readRecord(record(...args), NOW);
  } catch (error) {
    if (error instanceof UnacceptableException) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function reasonOf(...args: Parameters<typeof record>): string {
  try {
    readRecord(record(...args), NOW);
  } catch (error) {
    if (error instanceof UnacceptableException) return error.reason;
    throw error;
  }
  return 'accepted';
}

/** The headers of binary mode. */
function binary(change: Record<string, string | undefined> = {}): Record<string, string> {
  const { data: _data, datacontenttype, ...attributes } = cloudEvent();
  const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]);
  const all: Record<string, unknown> = {
    'content-type': datacontenttype,
    ...Object.fromEntries(headers),
    ...change,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

describe('a record of the public topic', () => {
  it('is the same event in structured and in binary mode', () => {
    expect(readRecord(record(interviewData(), binary()), NOW)).toEqual(
      readRecord(record(cloudEvent(), structured), NOW),
    );
  });

  it('needs no headers when it is structured, as plain command-line tools write it', () => {
    expect(reasonOf(cloudEvent())).toBe('accepted');
  });

  it('is structured when its content type says so, whatever other headers it has', () => {
    expect(reasonOf(cloudEvent(), { ...structured, ce_id: 'other' })).toBe('accepted');
  });

  it.each(NOTICE_TYPES)('is refused as a notice, which only this system publishes (%s)', (type) => {
    const { reason, problems } = refusal(cloudEvent({ type }), structured);
    expect([reason, problems]).toEqual([
      'unknown_event_type',
      { type: [`"${type}" is a notice, which only this system publishes.`] },
    ]);
  });

  it('needs no key', () => expect(reasonOf(cloudEvent(), {}, null)).toBe('accepted'));

  it('is refused when its key is another organisation’s, or none at all', () => {
    expect(reasonOf(cloudEvent(), {}, OTHER_ORGANIZATION)).toBe('wrong_organization');
    expect(reasonOf(cloudEvent(), {}, 'acme')).toBe('wrong_organization');
  });

  it('is refused, whole, when it stands for a batch that nobody can read', () => {
    const batch = { ...record(cloudEvent()), unreadable: 'the gzip data is damaged' };
    expect(() => readRecord(batch, NOW)).toThrow(
      'The record batch that ends here cannot be read: the gzip data is damaged.',
    );
  });

  it('is refused unread when it is larger than a request may be: a batch may hold far more, compressed', () => {
    const event = (bytes: number) => {
      const rest = JSON.stringify(cloudEvent({ note: '' })).length;
      return cloudEvent({ note: 'x'.repeat(bytes - rest) });
    };
    expect(reasonOf(event(MAX_RECORD_BYTES))).toBe('accepted');
    expect(reasonOf(event(MAX_RECORD_BYTES + 1))).toBe('too_large');
    expect(reasonOf(event(MAX_RECORD_BYTES + 1), structured)).toBe('too_large');
  });

  it('must name its organisation even when its key does', () => {
    expect(reasonOf(cloudEvent({ organizationid: undefined }))).toBe('not_a_cloud_event');
  });

  it.each([
    ['has no value', null, {}, 'not_a_cloud_event'],
    ['is a list', [cloudEvent()], {}, 'not_a_cloud_event'],
    ['is of a type nobody knows', cloudEvent({ type: 'x' }), {}, 'unknown_event_type'],
    ['is binary and lacks an attribute', interviewData(), binary({ ce_id: undefined }), 'not_a_cloud_event'],
    [
      'is binary and not JSON',
      interviewData(),
      binary({ 'content-type': 'text/plain' }),
      'not_a_cloud_event',
    ],
  ])('is refused when it %s', (_what, value, headers, reason) => {
    expect(reasonOf(value, headers)).toBe(reason);
  });

  it.each(['ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_specversion', 'ce_organizationid'])(
    'is refused by name when the bytes of its header %s are not UTF-8',
    (name) => {
      const { reason, message } = refusal(interviewData(), {
        ...binary(),
        [name]: Buffer.from([0x61, 0xff]),
      });
      expect(reason).toBe('not_a_cloud_event');
      expect(message).toContain(`The header ${name} cannot be read: its bytes are not UTF-8.`);
    },
  );

  it('is refused by name when the bytes of its content type are not UTF-8', () => {
    const { message } = refusal(interviewData(), { ...binary(), 'content-type': Buffer.from([0xc3]) });
    expect(message).toContain('The header content-type cannot be read');
  });

  it('keeps ids apart that differ in a byte order mark alone', () => {
    const sourceId = (id: string) =>
      readRecord(record(interviewData(), binary({ ce_id: id })), NOW).event.sourceId;
    expect([sourceId('\ufeffa'), sourceId('a')]).toEqual(['\ufeffa', 'a']);
  });

  it('is refused when a header that counts stands twice with two values, and not when the two are equal', () => {
    const twice = (...values: string[]) => ({
      ...binary(),
      ce_id: values.map((value) => Buffer.from(value)),
    });
    expect(refusal(interviewData(), twice('event-1', 'event-2')).message).toContain(
      'ce_id stands more than once',
    );
    expect(reasonOf(interviewData(), twice('event-1', 'event-1'))).toBe('accepted');
    expect(refusal(interviewData(), { ...binary(), CE_ID: 'event-2' }).message).toContain('more than once');
  });

  it('takes a header whose value is null for one that is not there, as the JavaScript SDK means it', () => {
    const nulls = { ...binary(), 'content-type': null, ce_subject: null, ce_datacontenttype: null };
    expect(readRecord(record(interviewData(), nulls), NOW)).toEqual(
      readRecord(record(interviewData(), binary()), NOW),
    );
    expect(refusal(interviewData(), { ...binary(), ce_id: null }).problems).toEqual({
      id: ['This field is required.'],
    });
    expect(reasonOf(cloudEvent(), { ce_id: null })).toBe('accepted');
  });

  it('may hold anything in headers that nobody reads', () => {
    const junk = Buffer.from([0xff]);
    const unread = { ce_subject: [junk, Buffer.from('x')], ce_note: junk, ce_traceparent: junk, own: junk };
    expect(reasonOf(interviewData(), { ...binary(), ...unread })).toBe('accepted');
    expect(reasonOf(cloudEvent(), { ...unread, 'content-type': junk })).toBe('accepted');
  });

  it('is refused when its key is not UTF-8', () => {
    const key = Buffer.concat([Buffer.from(ORGANIZATION.slice(0, -1)), Buffer.from([0xff])]).toString();
    expect(reasonOf(cloudEvent(), {}, key)).toBe('wrong_organization');
  });
});

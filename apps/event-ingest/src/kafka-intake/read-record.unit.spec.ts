import { cloudEvent, interviewData, ORGANIZATION, OTHER_ORGANIZATION } from '../testing/samples.js';
import { Unacceptable } from '../unacceptable.js';
import { readRecord } from './read-record.js';

const NOW = new Date('2026-03-04T03:07:00Z');
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

function record(value: unknown, headers: Record<string, string> = {}, key: string | null = ORGANIZATION) {
  return { key, headers, value: value === null ? null : Buffer.from(JSON.stringify(value)) };
}

function reasonOf(...args: Parameters<typeof record>): string {
  try {
    readRecord(record(...args), NOW);
  } catch (error) {
    if (error instanceof Unacceptable) return error.reason;
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
});

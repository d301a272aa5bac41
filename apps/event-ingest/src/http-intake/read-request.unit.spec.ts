import { WHOLE } from '@skillora/validation';
import { cloudEvent, interviewData, ORGANIZATION } from '../testing/samples.js';
import { RefusalException } from '@skillora/rest';

import { UnacceptableException } from '../unacceptable.js';
import { checkHeaders, readRequest } from './read-request.js';

const NOW = new Date('2026-03-04T03:07:00Z');

/** Reads all events of a request. */
function readBytes(rawHeaders: string[], content: Buffer) {
  const { isBatch, events } = readRequest(rawHeaders, content, ORGANIZATION, NOW);
  return { isBatch, events: [...events] };
}

const read = (headers: Record<string, string>, content: unknown) =>
  readBytes(Object.entries(headers).flat(), Buffer.from(JSON.stringify(content)));
const batch = { 'content-type': 'application/cloudevents-batch+json' };

describe('a request', () => {
  it('brings the same event structured, as plain JSON, and in binary mode', () => {
    const structured = read({ 'content-type': 'application/cloudevents+json; charset=utf-8' }, cloudEvent());
    expect(structured.isBatch).toBe(false);
    expect(read({ 'content-type': 'application/json' }, cloudEvent())).toEqual(structured);
    const headers = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'event-1',
      'ce-source': '%2Fservices%2Finterviews',
      'ce-type': 'interview_completed',
      'ce-time': '2026-03-04T05:06:07.890+02:00',
    };
    expect(read(headers, interviewData())).toEqual(structured);
  });

  it('brings several events in a batch', () => {
    const { isBatch, events } = read(batch, [cloudEvent({ id: 'a' }), cloudEvent({ id: 'b' })]);
    expect([isBatch, events.map(({ event }) => event.sourceId)]).toEqual([true, ['a', 'b']]);
    expect(read(batch, [])).toEqual({ isBatch: true, events: [] });
  });

  it.each([
    [[cloudEvent(), cloudEvent({ type: 'x' })], '1.type'],
    [[cloudEvent({ data: { ...interviewData(), score: 101 } })], '0.data.score'],
    [[cloudEvent(), 'text'], '1'],
    [cloudEvent(), WHOLE],
    [Array.from({ length: 1_001 }, () => cloudEvent()), WHOLE],
  ])('with a bad batch is refused whole, and what is wrong is named by its index', (content, path) => {
    expect(() => read(batch, content)).toThrow(UnacceptableException);
    try {
      read(batch, content);
    } catch (error) {
      expect(Object.keys((error as UnacceptableException).problems)).toEqual([path]);
    }
  });
});

it('a batch is read up to its first refused event, whatever comes behind it', () => {
  const bad = JSON.stringify(cloudEvent({ type: 'x' }));
  const content = Buffer.from(`[${JSON.stringify(cloudEvent())},${bad},{"not": JSON`);
  expect(() => readBytes(Object.entries(batch).flat(), content)).toThrow(/^1\.type: /);
});

it.each([
  ['not JSON', '[{"a":1},{"a":}]', /^0: |^0\./],
  ['a list that does not end', `[${JSON.stringify(cloudEvent())}`, /^JSON parse error/],
  ['a list and more', `[${JSON.stringify(cloudEvent())}] 1`, /^JSON parse error/],
  ['an empty item', `[${JSON.stringify(cloudEvent())},]`, /^1: JSON parse error/],
  [
    'a key twice in its second event',
    `[${JSON.stringify(cloudEvent())},{"a":1,"a":2}]`,
    /^1: JSON parse error - the key "a"/,
  ],
  ['an event of more than 1 MiB', `[{"id":"${'x'.repeat(1_048_576)}"}]`, /^0: What brings one event/],
  [
    'more values than a body may hold',
    `[${Array.from({ length: 3 }, () => withValues(90_000)).join(',')}]`,
    /^2: JSON holds more/,
  ],
])('a batch with %s is refused', (_what, text, message) => {
  expect(() => readBytes(Object.entries(batch).flat(), Buffer.from(text))).toThrow(message);
});

/** An event with this many values in an attribute that nobody reads. */
function withValues(count: number): string {
  return JSON.stringify(cloudEvent({ unread: Array.from({ length: count }, () => 1) }));
}

describe('the headers alone', () => {
  const check = (contentType: string, bytes: number | null) => () =>
    checkHeaders(['Content-Type', contentType], bytes);

  it('refuse a single event that is too large', () => {
    expect(check('application/cloudevents+json', 1_048_577)).toThrow(/must not be larger than 1048576 bytes/);
    expect(check('application/json', 4_000_000)).toThrow(UnacceptableException);
    expect(() => checkHeaders(binary(), 1_048_577)).toThrow(UnacceptableException);
  });

  it('refuse a media type that no event has', () => {
    expect(check('text/plain', 10)).toThrow(RefusalException);
  });

  it('let everything else be read', () => {
    expect(check('application/cloudevents+json', 1_048_576)).not.toThrow();
    expect(check('application/cloudevents+json', null)).not.toThrow();
    expect(check('application/cloudevents-batch+json', 4_000_000)).not.toThrow();
    expect(() => checkHeaders(binary(), 10)).not.toThrow();
  });
});

/** The headers of binary mode as Node gives them, bytes as characters. */
function binary(change: Record<string, string | undefined> = {}): string[] {
  const headers: Record<string, string | undefined> = {
    'Content-Type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'event-1',
    'ce-source': '/services/interviews',
    'ce-type': 'interview_completed',
    'ce-time': '2026-03-04T05:06:07.890+02:00',
    ...change,
  };
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

/** Bytes as Node shows them in headers. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');
const DATA = Buffer.from(JSON.stringify(interviewData()));
const readBinary = (headers: string[]) => readBytes(headers, DATA).events[0]?.event;

function refusal(headers: string[]): unknown {
  try {
    readBinary(headers);
  } catch (error) {
    if (error instanceof UnacceptableException) return error.problems;
    if (error instanceof RefusalException) return error.getStatus();
    throw error;
  }
  return 'accepted';
}

describe('a request in binary mode', () => {
  it.each([
    ['is percent-encoded', '%C3%A9%20%22%25%22', 'é "%"'],
    ['is percent-encoded in lower case', '%c3%a9', 'é'],
    ['is encoded without need', '%61%2d1', 'a-1'],
    ['is decoded once', '%2541', '%41'],
    ['is quoted', '"a b"', 'a b'],
    ['is quoted, with escapes of both kinds', '"a \\"b\\" \\\\ %C3%A9"', 'a "b" \\ é'],
    ['is an empty text in quotes beside others', 'a ""', 'a ""'],
    ['begins and ends with a quote and is two quoted texts', '"a" "b"', '"a" "b"'],
    ['has a quote that is not closed', '"a', '"a'],
    ['is UTF-8 as it is', bytes('é 😀'), 'é 😀'],
    ['begins with a byte order mark', bytes('\ufeffa'), '\ufeffa'],
    ['has a percent sign that begins no escape', '100% sure, 5%5', '100% sure, 5%5'],
    ['ends in a percent sign', 'a%', 'a%'],
  ])('has the id that was meant when the header %s', (_what, header, id) => {
    expect(readBinary(binary({ 'ce-id': header }))?.sourceId).toBe(id);
  });

  it.each([
    ['is in Latin-1', '\u00e9'],
    ['is half of a character', '\u00c3'],
    ['has escapes in Latin-1', 'caf%E9'],
    ['has an overlong escape', '%C0%A0'],
    ['has a surrogate as an escape', '%ED%A0%80'],
  ])('is refused by the name of the header that %s', (_what, header) => {
    expect(refusal(binary({ 'ce-id': header }))).toEqual({
      id: [expect.stringContaining('The header ce-id cannot be read')],
    });
  });

  it('is refused when a header that counts stands twice with two values', () => {
    const twice = { id: [expect.stringContaining('more than once')] };
    expect(refusal([...binary(), 'ce-id', 'event-2'])).toEqual(twice);
    expect(refusal([...binary(), 'CE-ID', 'event-2'])).toEqual(twice);
    expect(readBinary([...binary(), 'Ce-Id', 'event-1'])?.sourceId).toBe('event-1');
    expect(refusal([...binary(), 'content-type', 'text/plain'])).toEqual({
      'content-type': [expect.stringContaining('more than once')],
    });
  });

  it('may hold anything in headers that nobody reads', () => {
    const unread = [
      'ce-subject',
      '50%',
      'ce-note',
      '\u00e9',
      'ce-note',
      'caf%E9',
      'ce-traceparent',
      '\u00ff',
    ];
    expect(refusal([...binary(), ...unread])).toBe('accepted');
  });

  it.each([
    undefined,
    '',
    'text/json',
    'application/vnd.skillora+json',
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
  ])('has JSON as its data when its Content-Type is %j', (contentType) => {
    expect(readBinary(binary({ 'Content-Type': contentType }))).toEqual(readBinary(binary()));
  });

  it.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/cloudevents+avro',
  ])('is refused with 415 when its Content-Type is %s', (contentType) =>
    expect(refusal(binary({ 'Content-Type': contentType }))).toBe(415),
  );

  it('needs the ce-specversion', () => {
    expect(refusal(binary({ 'ce-specversion': undefined }))).toEqual({ specversion: [expect.any(String)] });
  });
});

describe('a request without the attributes of an event in its headers', () => {
  it.each([undefined, '', 'text/json', 'application/vnd.skillora+json', 'application/x-www-form-urlencoded'])(
    'is refused with 415 when its Content-Type is %j',
    (contentType) => {
      const headers = contentType === undefined ? [] : ['Content-Type', contentType];
      expect(refusal([...headers, 'ce-note', 'x'])).toBe(415);
    },
  );

  it('is structured whatever other headers it has', () => {
    const structured = read({ 'content-type': 'application/json' }, cloudEvent());
    expect(read({ 'content-type': 'application/json', 'ce-note': 'x' }, cloudEvent())).toEqual(structured);
    const headers = { 'content-type': 'application/cloudevents+json', 'ce-id': '\u00e9' };
    expect(read(headers, cloudEvent())).toEqual(structured);
  });
});

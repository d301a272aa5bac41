import { eventId } from '@skillora/contracts';
import { type RawHeader, textHeader } from '@skillora/kafka';
import fc from 'fast-check';

import { readRequest } from './http-intake/read-request.js';
import { readRecord } from './kafka-intake/read-record.js';
import { cloudEvent, ORGANIZATION } from './testing/samples.js';
import { UnacceptableException } from './unacceptable.js';

const NOW = new Date('2026-03-04T03:07:00Z');

/** What must be escaped in an HTTP header, as a producer does it (CloudEvents HTTP binding, §3.1.3.2). */
const escaped = (text: string): string =>
  text.replaceAll(/[^\u0021\u0023\u0024\u0026-\u007e]/gu, (character) =>
    Buffer.from(character)
      .toString('hex')
      .replaceAll(/../g, (byte) => `%${byte.toUpperCase()}`),
  );

/** A quoted string (RFC 9110, §5.6.4), as older producers wrote it: `%` escaped, all else as its bytes. */
const quoted = (text: string): string =>
  Buffer.from(`"${text.replaceAll('%', '%25').replaceAll(/["\\]/g, '\\$&')}"`).toString('latin1');

/** The same event through every door, by what the door is called. */
function doors(id: string, source: string): Record<string, () => string> {
  const { data, datacontenttype: _type, ...attributes } = cloudEvent({ id, source });
  const bytes = Buffer.from(JSON.stringify(data));
  const whole = Buffer.from(JSON.stringify(cloudEvent({ id, source })));
  const inBase64 = Buffer.from(JSON.stringify({ ...attributes, data_base64: bytes.toString('base64') }));
  const overHttp = (headers: string[], content: Uint8Array): string =>
    [...readRequest(headers, Buffer.from(content), ORGANIZATION, NOW).events][0]!.event.id;
  const overKafka = (headerList: readonly RawHeader[], value: Buffer): string =>
    readRecord({ key: ORGANIZATION, headerList, value }, NOW).event.id;
  const httpHeaders = (encode: (text: string) => string): string[] =>
    Object.entries(attributes).flatMap(([name, value]) => [`ce-${name}`, encode(String(value))]);
  return {
    'HTTP, structured': () => overHttp(['Content-Type', 'application/cloudevents+json'], whole),
    'HTTP, structured, base64': () => overHttp(['Content-Type', 'application/cloudevents+json'], inBase64),
    'HTTP, batch': () =>
      overHttp(
        ['Content-Type', 'application/cloudevents-batch+json'],
        Buffer.concat([Buffer.from('['), whole, Buffer.from(']')]),
      ),
    'HTTP, binary, escaped': () => overHttp(httpHeaders(escaped), bytes),
    'HTTP, binary, quoted': () => overHttp(httpHeaders(quoted), bytes),
    'Kafka, structured': () => overKafka([], whole),
    'Kafka, binary': () =>
      overKafka(
        Object.entries(attributes).map(([name, value]) => textHeader(`ce_${name}`, String(value))),
        bytes,
      ),
  };
}

/** The event's id, or which fields it was refused over. */
function outcome(door: () => string): string | string[] {
  try {
    return door();
  } catch (error) {
    if (error instanceof UnacceptableException)
      return Object.keys(error.problems).map((path) => path.replace(/^0\./, ''));
    throw error;
  }
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...Array.from('%"\\ 25aAfF\ufeffé😀')), minLength: 1, maxLength: 12 }),
);

describe('one event', () => {
  it('has one id by every door, whatever text its id is, or is refused at all of them', () => {
    fc.assert(
      fc.property(text, fc.webPath(), (id, path) => {
        const source = path === '' ? '/' : path;
        const outcomes = Object.entries(doors(id, source)).map(([door, read]) => [door, outcome(read)]);
        const [first] = outcomes;
        expect(outcomes).toEqual(outcomes.map(([door]) => [door, first![1]]));
        if (typeof first![1] === 'string') expect(first![1]).toBe(eventId(source, id));
      }),
      { numRuns: 100 },
    );
  });

  it('is another event when its id differs, by every door', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other);
        const [first, second] = [doors(one, '/s'), doors(other, '/s')];
        for (const door of Object.keys(first)) {
          const ids = [outcome(first[door]!), outcome(second[door]!)];
          if (ids.every((id) => typeof id === 'string')) expect(ids[0]).not.toBe(ids[1]);
        }
      }),
    );
  });
});

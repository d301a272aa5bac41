import { type Delivery, deliveryId, deliverySchema, RecordSchemaError, Topics } from '@skillora/contracts';
import fc from 'fast-check';

import { madeInPlace, readDelivery, readDeliveryResult, readEvent, readFanOutReport } from './facts.js';
import { idOf, LogBuilder } from './testing/log-builder.js';

const log = new LogBuilder();
const event = log.event('event');
const delivery = log.delivery(event, idOf('endpoint'));
log.fanOut(event, [delivery]);
log.result(delivery, {});

/** The record that is valid, as plain JSON, to be spoilt. */
function valid(topic: string): Record<string, unknown> {
  const record = log.build().find((each) => each.topic === topic)?.records[0];
  return JSON.parse(String(record?.value)) as Record<string, unknown>;
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('a delivery record', () => {
  const read = (changes: Partial<Delivery>): ReturnType<typeof readDelivery> =>
    readDelivery(deliverySchema.encode({ ...delivery, ...changes }));

  it('of the first attempt tells that the delivery exists', () => {
    expect(read({})).toMatchObject({ identity: { id: delivery.deliveryId }, fact: null, attempt: null });
  });

  it('of an automatic retry, of any round, tells no more than that', () => {
    expect(read({ step: 2 }).fact).toBeNull();
    expect(read({ step: 2, round: 1 }).fact).toBeNull();
  });

  it('of the first attempt of a round somebody asked for tells when', () => {
    expect(read({ round: 1, step: 1, trigger: 'manual', dueAt: '2026-01-02T03:04:05.678Z' }).fact).toEqual({
      kind: 'retry-requested',
      round: 1,
      at: Date.parse('2026-01-02T03:04:05.678Z'),
    });
  });

  it('names ids as PostgreSQL writes them', () => {
    expect(read({ deliveryId: delivery.deliveryId.toUpperCase() }).identity.id).toBe(delivery.deliveryId);
  });
});

describe('a result record', () => {
  it('tells of an attempt when it ended and what came back', () => {
    const record = valid(Topics.deliveryResults);
    record['attempt'] = {
      startedAt: '2026-01-02T03:04:05.000Z',
      durationMs: 250.4,
      responseStatus: 503,
      responseBody: 'later\0',
      error: 'http_status',
      errorDetail: null,
    };

    const { fact, attempt } = readDeliveryResult(encode(record));

    expect(fact).toMatchObject({
      kind: 'result-reported',
      attempt: { endedAt: Date.parse('2026-01-02T03:04:05.250Z'), responseStatus: 503 },
    });
    expect(attempt).toMatchObject({ durationMs: 250, responseBody: 'later\uFFFD' });
  });

  it('tells how large the body was, where its dispatcher said so', () => {
    const record = valid(Topics.deliveryResults);
    const attempt = record['attempt'] as object;
    const bytes = (requestBytes: unknown) =>
      readDeliveryResult(encode({ ...record, attempt: { ...attempt, requestBytes } })).attempt?.requestBytes;

    expect(bytes(153_602)).toBe(153_602);
    // As releases wrote it that did not say so.
    expect(bytes(undefined)).toBeNull();
    expect(bytes(null)).toBeNull();
    for (const none of [-1, 0.5, 'x', 2_147_483_648]) expect(() => bytes(none)).toThrow(RecordSchemaError);
  });

  it('may lack an attempt', () => {
    expect(readDeliveryResult(encode({ ...valid(Topics.deliveryResults), attempt: null }))).toMatchObject({
      attempt: null,
      fact: { attempt: null },
    });
  });

  it('may name an error code of a newer release', () => {
    const { fact } = readDeliveryResult(encode({ ...valid(Topics.deliveryResults), error: 'not_known_yet' }));

    expect(fact).toMatchObject({ error: 'not_known_yet' });
  });
});

describe('a report of the fan-out', () => {
  const told = { id: idOf('event'), acceptedAt: event.acceptedAt, part: 0, deliveryIds: [], endpointIds: [] };

  it('tells of each event what was made of it', () => {
    expect(readFanOutReport(encode(valid(Topics.fanOuts)))).toEqual([
      {
        organizationId: event.organizationId,
        eventId: event.id,
        acceptedAt: Date.parse(event.acceptedAt),
        madeAt: Date.parse(delivery.createdAt),
        part: 0,
        deliveryIds: [delivery.deliveryId],
        endpointIds: [delivery.endpointId],
        inPlace: false,
        filteredDeliveryIds: [],
        filteredEndpointIds: [],
        eventType: null,
      },
    ]);
  });

  it('makes deliveries in place known, which have no records of their own', () => {
    const ids = { deliveryIds: [delivery.deliveryId], endpointIds: [delivery.endpointId] };
    const report = (more: object, ofEvent: object) =>
      readFanOutReport(
        encode({ ...valid(Topics.fanOuts), ...more, events: [{ ...told, ...ids, ...ofEvent }] }),
      );
    const made = (more: object) => report(more, { eventType: 'interview_completed' }).flatMap(madeInPlace);

    expect(made({ inPlace: true })).toEqual([readDelivery(deliverySchema.encode(delivery))]);
    expect(made({})).toEqual([]);
    expect(() => report({ inPlace: true }, {})).toThrow('field eventType is missing');
  });

  it('tells whom a filter left out, by the ids that the deliveries would have', () => {
    const filtering = idOf('filtering');
    const events = [{ ...told, eventType: 'interview_completed', filteredEndpointIds: [filtering] }];
    expect(readFanOutReport(encode({ ...valid(Topics.fanOuts), events }))).toMatchObject([
      {
        deliveryIds: [],
        eventType: 'interview_completed',
        filteredDeliveryIds: [deliveryId(event.id, filtering)],
        filteredEndpointIds: [filtering],
      },
    ]);
  });

  it.each([
    ['none', [null]],
    ['no id', [{ ...told, id: 5 }]],
    ['no such part', [{ ...told, part: -1 }]],
    ['an id that is none', [{ ...told, deliveryIds: ['x'], endpointIds: [idOf('endpoint')] }]],
    ['a delivery to nobody', [{ ...told, deliveryIds: [delivery.deliveryId] }]],
    ['no list', [{ ...told, endpointIds: 'none' }]],
    ['a filter of no endpoint', [{ ...told, eventType: 'test', filteredEndpointIds: ['x'] }]],
    ['a filter and no type', [{ ...told, filteredEndpointIds: [idOf('endpoint')] }]],
  ])('is refused when one of them has %s', (_, events) => {
    expect(() => readFanOutReport(encode({ ...valid(Topics.fanOuts), events }))).toThrow(RecordSchemaError);
  });
});

describe('a record that the database has no place for', () => {
  it.each([
    [Topics.events, 'id', 'one'],
    [Topics.events, 'organizationId', ''],
    [Topics.events, 'acceptedAt', 'noon'],
    [Topics.events, 'occurredAt', '+012345-01-01T00:00:00.000Z'],
    [Topics.events, 'source', 5],
    [Topics.deliveries, 'deliveryId', 'x'],
    [Topics.deliveries, 'round', 0.5],
    [Topics.deliveries, 'step', 0],
    [Topics.deliveries, 'round', 2_147_483_648],
    [Topics.fanOuts, 'organizationId', 'x'],
    [Topics.fanOuts, 'madeAt', 'noon'],
    [Topics.fanOuts, 'events', {}],
    [Topics.deliveryResults, 'status', 'pending'],
    [Topics.deliveryResults, 'status', 'lost'],
    [Topics.deliveryResults, 'at', ''],
    [Topics.deliveryResults, 'attempt', {}],
    [Topics.deliveryResults, 'attempt', 'none'],
    [Topics.deliveryResults, 'nextRetryAt', 5],
  ])('is refused: %s with %s %p', (topic, field, value) => {
    const record = encode({ ...valid(topic), [field]: value });

    expect(() => reader(topic)(record)).toThrow(RecordSchemaError);
  });

  it('is refused with that error whatever it is', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(Topics.events, Topics.fanOuts, Topics.deliveries, Topics.deliveryResults)
          .chain((topic) =>
            fc.tuple(fc.constant(topic), fc.constantFrom(...Object.keys(valid(topic))), fc.jsonValue()),
          ),
        ([topic, field, value]) => {
          try {
            reader(topic)(encode({ ...valid(topic), [field]: value }));
          } catch (error) {
            expect(error).toBeInstanceOf(RecordSchemaError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

const READERS: Readonly<Record<string, (value: Buffer) => unknown>> = {
  [Topics.events]: readEvent,
  [Topics.fanOuts]: readFanOutReport,
  [Topics.deliveries]: readDelivery,
  [Topics.deliveryResults]: readDeliveryResult,
};

function reader(topic: string): (value: Buffer) => unknown {
  return READERS[topic] ?? (() => expect(topic).toBe('a topic that is read'));
}

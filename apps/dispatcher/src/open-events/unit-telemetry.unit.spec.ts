import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, Topics } from '@skillora/contracts';
import type { Logger, Span, SpanEnd, SpanStart, Tracer } from '@skillora/operability';
import { register } from 'prom-client';

import { anyEvent } from '../testing/any-event.js';
import { aUnit, encoded, endpoint, TRACE } from './testing/a-unit.js';

const SPAN = '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01';

/** A tracer that remembers its spans. */
function rememberingTracer() {
  const spans: { name: string; start: SpanStart; end?: SpanEnd | undefined }[] = [];
  const tracer: Tracer = {
    isRecording: true,
    start: (name, start): Span => {
      const span: (typeof spans)[number] = { name, start };
      spans.push(span);
      return { context: { traceparent: SPAN }, end: (end) => void (span.end = end) };
    },
  };
  return { spans, tracer };
}

/** A logger that remembers what it is told, with its level. */
function rememberingLogger() {
  const lines: [string, unknown, string][] = [];
  const say =
    (level: string) =>
    (fields: unknown, text: string): void =>
      void lines.push([level, fields, text]);
  const levels = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const logger = { ...levels, isLevelEnabled: () => true } as unknown as Logger;
  return { lines, logger };
}

/** The values of a metric by its labels. */
async function valuesOf(name: string): Promise<Record<string, number>> {
  const found = (await register.getSingleMetric(name)?.get())?.values ?? [];
  return Object.fromEntries(found.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

describe('what a unit reports of its events', () => {
  it('is a span in the trace of the event, in which its deliveries go on, and a line', async () => {
    const { spans, tracer } = rememberingTracer();
    const { lines, logger } = rememberingLogger();
    const { delivered, offer } = await aUnit(undefined, { tracer, logger });
    const event = anyEvent({ organizationId: 'o' });
    await offer(canonicalEventSchema.encode(event));
    expect(spans).toMatchObject([
      {
        name: 'fan out',
        start: {
          role: 'consumer',
          parent: { traceparent: TRACE },
          attributes: { 'webhook.event.id': event.id },
        },
        end: { attributes: { 'webhook.fan_out.deliveries': 1 } },
      },
    ]);
    expect(delivered[0]?.record.record.headers).toMatchObject({ traceparent: SPAN });
    expect(lines).toEqual([
      [
        'debug',
        expect.objectContaining({ event: event.id, deliveries: 1, filtered: 0 }),
        'an event was fanned out',
      ],
    ]);
  });

  it('counts what is told, once it is written, and the time of each match', async () => {
    const endpoints = [endpoint, { ...endpoint, id: randomUUID() }];
    const { host, delivered, offer } = await aUnit(undefined, { endpoints });
    await offer(encoded({ organizationId: 'o' }), encoded({ organizationId: 'o' }));
    const count = async (): Promise<number | undefined> =>
      (await valuesOf('webhook_fan_out_deliveries_total'))[''];
    for (const { record } of delivered) record.batch.ack(record.record.offset, []);
    expect(await count()).toBe(0);
    await host.flush();
    expect(await count()).toBe(4);
    expect(await valuesOf('webhook_fan_out_events_total')).toMatchObject({ fanned_out: 2 });
    const delays = await register.getSingleMetric('webhook_fan_out_delay_seconds')?.get();
    const samples = delays?.values as { metricName?: string; value: number }[];
    expect(samples.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(2);
  });

  it('counts repeats and what is no event once they are put aside, and warns of an event with other data', async () => {
    const { lines, logger } = rememberingLogger();
    const { spans, tracer } = rememberingTracer();
    const { host, delivered, offer } = await aUnit(undefined, { logger, tracer });
    const event = anyEvent({ organizationId: 'o' });
    const other = { ...event, body: '{"event":"interview.completed","data":{"id":"other"}}' };
    await offer(...[event, event, other].map((each) => canonicalEventSchema.encode(each)), Buffer.from('no'));
    const warnings = () => lines.filter(([, , text]) => text.includes('with other data'));
    expect(warnings()).toEqual([]);
    delivered[0]?.record.batch.ack(0n, []);
    await host.flush();
    expect(await valuesOf('webhook_fan_out_events_total')).toEqual({
      ...{ fanned_out: 1, repeated: 1, conflicting: 1, not_an_event: 1 },
    });
    expect(await valuesOf('webhook_kafka_records_unhandled_total')).toEqual({
      [`deliver,${Topics.events}`]: 1,
    });
    expect(warnings()).toMatchObject([['warn', { event: event.id, offset: '2', partition: 4 }, {}]]);
    const repeated = spans.filter(({ end }) => end?.attributes?.['webhook.fan_out.repeated'] === true);
    expect(repeated).toHaveLength(2);
  });

  it('says of an event that a former owner has told that it was taken over, and counts it no more', async () => {
    const { spans, tracer } = rememberingTracer();
    const matched = { slices: 1, lastEndpointId: endpoint.id, isWhole: true };
    const told = new Map([[0n, { matched, left: new Map([[endpoint.id, 1_000]]) }]]);
    const { host, delivered, offer } = await aUnit(undefined, { tracer, told });
    await offer(encoded({ organizationId: 'o' }));
    expect(spans).toMatchObject([
      { end: { attributes: { 'webhook.fan_out.deliveries': 1, 'webhook.fan_out.taken_over': true } } },
    ]);
    delivered[0]?.record.batch.ack(0n, []);
    await host.flush();
    expect(await valuesOf('webhook_fan_out_deliveries_total')).toEqual({ '': 0 });
  });
});

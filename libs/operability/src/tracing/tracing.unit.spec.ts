import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pino } from 'pino';

import { waitFor } from '@skillora/testing';
import { Tracing } from './tracing.js';
import { readTracingSettings } from './tracing-settings.js';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly spanId: string }[];
  readonly status: { readonly code: number };
}

/** What the collector was sent, by content type. */
let requests: { readonly contentType: string | undefined; readonly body: Buffer }[];
let logged: Record<string, unknown>[];
let server: Server | undefined;
let tracing: Tracing;
/** How the collector answers; null leaves requests without an answer. */
let answer: number | null;

const TRACE = 'a'.repeat(32);
const parent = { traceparent: `00-${TRACE}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };
const logger = pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line) as never) });

async function listen(): Promise<string> {
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ contentType: request.headers['content-type'], body: Buffer.concat(chunks) });
      if (answer !== null) response.writeHead(answer).end();
    });
  });
  server = collector;
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  tracing = await Tracing.start(
    readTracingSettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: await listen(),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      ...env,
    }),
    'test',
    logger,
  );
}

const sent = (): SentSpan[] =>
  requests.flatMap(({ body }) => {
    const { resourceSpans } = JSON.parse(body.toString()) as {
      resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
    };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });

beforeEach(() => {
  requests = [];
  logged = [];
  answer = 200;
});

afterEach(async () => {
  server?.closeAllConnections();
  await tracing.end();
  server?.close();
});

describe('a tracer', () => {
  it('continues the trace it is given, tracestate included, and tells what is linked and what failed', async () => {
    await start();
    const linked = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
    const span = tracing.tracer.start('work', { role: 'consumer', parent, links: [linked, {}] });
    expect(span.context.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(span.context.tracestate).toBe('vendor=1');
    span.end({ error: 'timeout' });
    await waitFor(() => tracing.counts.sent === 1);
    expect(sent()).toEqual([
      expect.objectContaining({
        name: 'work',
        traceId: TRACE,
        parentSpanId: 'b'.repeat(16),
        links: [expect.objectContaining({ spanId: 'd'.repeat(16) })],
        status: { code: 2 },
      }),
    ]);
  });

  it('begins a trace where it is given none that is sound', async () => {
    await start();
    const bad = { traceparent: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };
    const span = tracing.tracer.start('work', { role: 'internal', parent: bad });
    expect(span.context.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(span.context).not.toHaveProperty('tracestate');
  });

  it.each([
    ['parentbased_always_on', '00', '00'],
    ['parentbased_always_on', '01', '01'],
    ['parentbased_always_off', '01', '01'],
    ['always_on', '00', '01'],
    ['always_off', '01', '00'],
    ['traceidratio', '01', '00'],
  ])('samples as %s says, where the caller’s flags are %s', async (sampler, flags, then) => {
    await start({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: '0' });
    const caller = { traceparent: `00-${TRACE}-${'b'.repeat(16)}-${flags}` };
    const span = tracing.tracer.start('work', { role: 'internal', parent: caller });
    expect(span.context.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${then}$`));
    span.end();
    await tracing.end();
    expect(tracing.counts.sent).toBe(then === '01' ? 1 : 0);
  });

  it('speaks protobuf unless told otherwise', async () => {
    await start({ OTEL_EXPORTER_OTLP_PROTOCOL: '' });
    tracing.tracer.start('work', { role: 'internal', parent: {} }).end();
    await waitFor(() => requests.length === 1);
    expect(requests[0]?.contentType).toBe('application/x-protobuf');
  });
});

describe('a collector', () => {
  const work = (count: number): void => {
    for (let each = 0; each < count; each += 1)
      tracing.tracer.start('work', { role: 'internal', parent: {} }).end();
  };

  it('that is away costs spans, which are counted, and a line that says what to do', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    work(2);
    await waitFor(() => tracing.counts.notSent === 2);
    expect(logged.filter(({ level }) => level === 40)).toEqual([
      expect.objectContaining({
        collector: 'http://127.0.0.1:9',
        msg: expect.stringMatching(/the collector does not take spans.*Deliveries are not affected/),
      }),
    ]);
  });

  it('that refuses and then takes spans again is told of, both times', async () => {
    await start();
    answer = 400;
    work(1);
    await waitFor(() => tracing.counts.notSent === 1);
    answer = 200;
    work(1);
    await waitFor(() => tracing.counts.sent === 1);
    expect(logged.map(({ msg }) => msg)).toContain('the collector takes spans again');
  });

  it('that does not answer costs no more memory than the queue: what is beyond it is dropped and counted', async () => {
    await start({ OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5' });
    answer = null;
    work(8);
    expect(tracing.counts.dropped).toBe(3);
    expect(logged.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('traces are incomplete'));
  });

  it('gets what is waiting when the service ends', async () => {
    await start({ OTEL_BSP_SCHEDULE_DELAY: '60000' });
    work(3);
    await tracing.end();
    expect([tracing.counts.sent, sent().length]).toEqual([3, 3]);
  });

  it('that does not answer holds the end of a service up for seconds, not longer', async () => {
    await start({ OTEL_EXPORTER_OTLP_TIMEOUT: '15000', OTEL_BSP_EXPORT_TIMEOUT: '15000' });
    answer = null;
    work(1);
    const began = Date.now();
    await tracing.end();
    expect(Date.now() - began).toBeLessThan(14_000);
  });
});

it('tracing that is off passes the context of the parent on, and tells that it records nothing', () => {
  const { tracer } = Tracing.off();
  const span = tracer.start('work', { role: 'consumer', parent: { traceparent: 'as it came' } });
  expect([tracer.isRecording, span.context]).toEqual([false, { traceparent: 'as it came' }]);
  span.end({ error: 'timeout' });
});

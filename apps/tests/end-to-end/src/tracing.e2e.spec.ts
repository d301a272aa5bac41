import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type CollectedSpan, RunningStack, TraceCollector } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Kafka, logLevel } from 'kafkajs';

import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const run = promisify(execFile);
const OPERABILITY = new URL('../../../../libs/operability/dist/index.js', import.meta.url).href;
/** Only a trace of which nothing comes takes so long. */
const LIMIT_MS = 300_000;
const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5];

/** A trace of a producer, with the span that publishes. */
function callersTrace(flags = '01') {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** The headers of the records of a topic that satisfy `wanted`, once there is one. */
async function headersOn(
  brokers: string[],
  topic: string,
  wanted: (value: string) => boolean,
): Promise<Record<string, string>> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `traces-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let found: Record<string, string> | null = null;
  try {
    await consumer.run({
      eachMessage: ({ message }) => {
        if (wanted(String(message.value))) {
          found = Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          );
        }
        return Promise.resolve();
      },
    });
    return await waitFor(() => found, `a record on ${topic}`);
  } finally {
    await consumer.disconnect();
  }
}

describe('with a collector named', () => {
  let collector: TraceCollector;
  let stack: RunningStack;
  let customer: Customer;
  let producer: ProducerService;
  let receiver: Receiver;

  beforeAll(async () => {
    collector = await TraceCollector.start();
    stack = await RunningStack.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      // The collector shares this process, which may be busy for a moment.
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      RETRY_DELAYS: '500ms',
      LOG_LEVEL: 'debug',
    });
    customer = new Customer(stack.address);
    producer = new ProducerService(stack.address);
    receiver = await Receiver.start();
  });

  afterAll(async () => {
    await stack.stop();
    await receiver.stop();
    await collector.stop();
  });

  /** A span of the trace by its name, where there is one alone. */
  const only = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
    const named = spans.filter((span) => span.name === name);
    if (named.length !== 1) throw new Error(`${named.length} spans are called ${name}`);
    return named[0] as CollectedSpan;
  };
  /** The spans of a trace once it has all of these names. Each service sends its own, in any order. */
  const traceWith = async (traceId: string, ...names: string[]): Promise<CollectedSpan[]> => {
    const ofTrace = (spans: readonly CollectedSpan[]) => spans.filter((span) => span.traceId === traceId);
    const times = (all: readonly string[], name: string) => all.filter((each) => each === name).length;
    return ofTrace(
      await collector.collected((spans) => {
        const found = ofTrace(spans).map(({ name }) => name);
        return names.every((name) => times(found, name) >= times(names, name));
      }, LIMIT_MS),
    );
  };

  it('one trace leads from the caller over HTTP through a failed attempt and its retry to the projection', async () => {
    const endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
    receiver.next({ status: 500 });
    const caller = callersTrace();
    const answer = await fetch(`${stack.address.ingest}/api/v1/interview-completions/`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stack.address.token}`,
        'content-type': 'application/cloudevents+json',
        traceparent: caller.traceparent,
        tracestate: 'vendor=1',
      },
      body: JSON.stringify(interviewCompleted()),
    });
    expect(answer.status).toBe(202);
    const { id: event } = (await answer.json()) as { id: string };

    const spans = await traceWith(
      caller.traceId,
      ...['POST /api/v1/interview-completions/', 'accept event', 'fan out', 'wait for retry'],
      ...['POST', 'POST', 'project', 'project'],
    );
    const request = only(spans, 'POST /api/v1/interview-completions/');
    const accepted = only(spans, 'accept event');
    const fannedOut = only(spans, 'fan out');
    const waited = only(spans, 'wait for retry');
    const [failed, succeeded] = spans
      .filter(({ name }) => name === 'POST')
      .sort((a, b) => a.startedAt - b.startedAt);
    if (!failed || !succeeded) throw new Error('there are not two attempts');
    const delivery = (await customer.deliveryTo(endpoint.id, 'success'))?.id;

    expect(
      [request, accepted, fannedOut, failed, waited, succeeded].map(({ service, kind, parentSpanId }) => [
        service,
        kind,
        parentSpanId,
      ]),
    ).toEqual([
      ['event-ingest', SERVER, caller.spanId],
      ['event-ingest', PRODUCER, request.spanId],
      ['dispatcher', CONSUMER, accepted.spanId],
      ['dispatcher', CLIENT, fannedOut.spanId],
      ['dispatcher', INTERNAL, failed.spanId],
      ['dispatcher', CLIENT, waited.spanId],
    ]);
    const projected = spans.filter(({ name }) => name === 'project');
    expect(projected.map(({ service, parentSpanId }) => `${service} ${parentSpanId}`).sort()).toEqual(
      [failed, succeeded].map(({ spanId }) => `endpoint-registry ${spanId}`).sort(),
    );
    expect(spans).toHaveLength(8);

    const named = {
      'webhook.event.id': event,
      'webhook.endpoint.id': endpoint.id,
      'webhook.delivery.id': delivery,
    };
    expect(accepted.attributes['webhook.event.id']).toBe(event);
    expect(fannedOut.attributes['webhook.fan_out.deliveries']).toBe(1);
    expect([failed.failed, failed.attributes]).toEqual([
      true,
      expect.objectContaining({
        ...named,
        'http.request.method': 'POST',
        'http.response.status_code': 500,
        'error.type': 'http_status',
        'webhook.attempt.step': 1,
        'server.address': '127.0.0.1',
      }),
    ]);
    expect([succeeded.failed, succeeded.attributes]).toEqual([
      false,
      expect.objectContaining({ ...named, 'http.response.status_code': 200, 'http.request.resend_count': 1 }),
    ]);
    const inOrder = [failed.endedAt, waited.startedAt, waited.endedAt, succeeded.startedAt];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));

    // What is inside stays inside: receivers get what they were promised and no more.
    for (const { headers } of receiver.arrivals) {
      expect(headers).not.toHaveProperty('traceparent');
      expect(headers).not.toHaveProperty('tracestate');
    }
    // What a service says comes to the file over the process that started it.
    const [log, line] = await waitFor(async () => {
      const text = await readFile(join(stack.address.dataDir, 'logs', 'dispatcher.log'), 'utf8');
      const ended = text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((each) => each.includes('an attempt has ended') && each.includes(String(delivery)))
        .map((each) => JSON.parse(each) as Record<string, unknown>)
        .find(({ responseStatus }) => responseStatus === 200);
      return ended && ([text, ended] as const);
    }, 'the end of the attempt in the log');
    expect(log).toMatch(
      new RegExp(`"event":"${event}".*"trace_id":"${caller.traceId}".*an event was fanned out`),
    );
    expect(line).toMatchObject({
      trace_id: caller.traceId,
      span_id: succeeded.spanId,
      event,
      delivery,
      endpoint: endpoint.id,
    });
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpoint.id}/`);
  });

  it('an event from Kafka goes on in the trace of its header, or in the one written into it', async () => {
    const endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
    const [header, origin] = [callersTrace(), callersTrace()];
    const event = { ...interviewCompleted(), organizationid: stack.address.organizationId };
    const written = { ...event, traceparent: origin.traceparent };
    const headers = { 'content-type': 'application/cloudevents+json', traceparent: header.traceparent };
    await producer.publishRaw(Buffer.from(JSON.stringify(written)), headers);
    const accepted = only(await traceWith(header.traceId, 'project', 'accept event'), 'accept event');
    expect([accepted.kind, accepted.parentSpanId, accepted.links]).toEqual([
      CONSUMER,
      header.spanId,
      [{ traceId: origin.traceId, spanId: origin.spanId }],
    ]);

    const other = { ...interviewCompleted(), traceparent: origin.traceparent };
    await producer.publishBinary(other);
    const alone = only(await traceWith(origin.traceId, 'project', 'accept event'), 'accept event');
    expect([alone.parentSpanId, alone.links]).toEqual([origin.spanId, []]);
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpoint.id}/`);
  });

  it('a caller who does not sample is not recorded, and its trace is carried on all the same', async () => {
    const caller = callersTrace('00');
    const event = interviewCompleted();
    await producer.publishRaw(
      Buffer.from(JSON.stringify({ ...event, organizationid: stack.address.organizationId })),
      { 'content-type': 'application/cloudevents+json', traceparent: caller.traceparent },
    );
    const headers = await headersOn(stack.address.brokers, 'webhook.events', (value) =>
      value.includes(event.id),
    );
    expect(headers['traceparent']).toMatch(new RegExp(`^00-${caller.traceId}-[0-9a-f]{16}-00$`));
    expect(collector.spans.filter(({ traceId }) => traceId === caller.traceId)).toEqual([]);
  });

  it('test sends and manual retries begin traces of their own', async () => {
    const endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
    receiver.next({ status: 410 });
    await customer.call('POST', `/api/v1/webhook-endpoints/${endpoint.id}/test/`);
    const failed = await waitFor(() => customer.deliveryTo(endpoint.id, 'failed'), 'the failed test');
    const about = (name: string) => (spans: readonly CollectedSpan[]) =>
      spans.find((span) => span.name === name && span.attributes['webhook.event.id'] === failed.event_id);
    const sent = about('test send')(
      await collector.collected((spans) => about('test send')(spans) !== undefined, LIMIT_MS),
    );
    expect([sent?.service, sent?.parentSpanId]).toEqual(['endpoint-registry', undefined]);
    expect(only(await traceWith(String(sent?.traceId), 'project', 'POST'), 'POST').failed).toBe(true);

    await customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`);
    const retry = about('manual retry')(
      await collector.collected((spans) => about('manual retry')(spans) !== undefined, LIMIT_MS),
    );
    const attempt = only(await traceWith(String(retry?.traceId), 'project', 'POST'), 'POST');
    expect([attempt.parentSpanId, attempt.attributes['webhook.attempt.trigger']]).toEqual([
      retry?.spanId,
      'manual',
    ]);
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpoint.id}/`);
  });

  it('a collector that goes away costs spans, which are counted, and no delivery', async () => {
    const endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
    await collector.stop();
    await producer.publish(interviewCompleted());
    await waitFor(() => customer.deliveryTo(endpoint.id, 'success'), 'the delivery');
    await waitFor(async () => {
      const page = await (await fetch(`${stack.address.management.dispatcher}/metrics`)).text();
      return /^webhook_trace_spans_total\{outcome="not_sent"\} [1-9]/m.test(page);
    }, 'spans that are not sent');
    await waitFor(
      () => stack.printed.includes('the collector does not take spans'),
      'the warning at the terminal',
    );
  });
});

describe('with no collector named', () => {
  const address = Customer.ofStack().address;

  it('no record gets a trace, and none is recorded', async () => {
    const event = interviewCompleted();
    await new ProducerService(address).publish(event);
    const headers = await headersOn(address.brokers, 'webhook.events', (value) => value.includes(event.id));
    expect(Object.keys(headers).sort()).toEqual(['origin', 'schema', 'schema-version']);
    for (const service of ['api', 'ingest', 'dispatcher'] as const) {
      const page = await (await fetch(`${address.management[service]}/metrics`)).text();
      const spans = [...page.matchAll(/^webhook_trace_spans_total\{outcome="(\w+)"\} (\d+)$/gm)];
      expect(spans.map(([, outcome, count]) => `${outcome}: ${count}`)).toEqual([
        'sent: 0',
        'not_sent: 0',
        'dropped: 0',
      ]);
    }
  });

  it('the trace of a caller is carried on as it is', async () => {
    const caller = callersTrace();
    const event = interviewCompleted();
    await new ProducerService(address).publishRaw(
      Buffer.from(JSON.stringify({ ...event, organizationid: address.organizationId })),
      { 'content-type': 'application/cloudevents+json', traceparent: caller.traceparent },
    );
    const headers = await headersOn(address.brokers, 'webhook.events', (value) => value.includes(event.id));
    expect(headers['traceparent']).toBe(caller.traceparent);
  });

  it('OpenTelemetry’s SDK is not even loaded', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import { createLogger, readTracingSettings, Tracing } from ${JSON.stringify(OPERABILITY)};
      const env = JSON.parse(process.argv[1]);
      const tracing = await Tracing.start(readTracingSettings(env), 'test', createLogger('test', 'silent'));
      const loaded = Object.keys(createRequire(${JSON.stringify(OPERABILITY)}).cache);
      const isLoaded = loaded.some((path) => path.includes('@opentelemetry/sdk-trace'));
      process.stdout.write([tracing.tracer.isRecording, isLoaded].join(' '));
      await tracing.end();
    `;
    const outcome = async (env: Record<string, string>) =>
      (
        await run(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(env)], {
          cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
        })
      ).stdout.trim();
    expect(await outcome({})).toBe('false false');
    expect(await outcome({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toBe('true true');
  });
});

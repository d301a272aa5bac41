import { randomUUID } from 'node:crypto';

import {
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  type SpanContext,
  type Tracer as SdkTracer,
} from '@opentelemetry/api';
import { parseKeyPairsIntoRecord, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { soundTrace, type TraceContext } from '@skillora/contracts';

import { SpanQueue, type SpanQueueOptions } from './span-queue.js';
import type { Span, SpanEnd, SpanRole, SpanStart, Tracer } from './tracer.js';
import type { TracingSettings } from './tracing-settings.js';

/* The only module that imports OpenTelemetry's SDK. It is imported only when tracing is on. */

export interface OtlpTracingOptions extends Omit<SpanQueueOptions, 'exporter'> {
  readonly settings: TracingSettings;
  /** The default service name, which `OTEL_SERVICE_NAME` replaces. */
  readonly service: string;
}

/** Records spans with OpenTelemetry's SDK and sends them with OTLP over HTTP. */
export class OtlpTracing implements Tracer {
  readonly isRecording = true;
  private readonly provider: TracerProvider;
  private readonly sdk: SdkTracer;

  constructor(options: OtlpTracingOptions) {
    const { settings, service } = options;
    this.provider = new TracerProvider({
      sampler: samplerOf(settings),
      resource: resourceFromAttributes({
        'service.name': service,
        'service.instance.id': randomUUID(),
      }).merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new SpanQueue({ ...options, exporter: exporterOf(settings) })],
    });
    this.sdk = this.provider.getTracer('skillora-webhooks');
  }

  start(name: string, { role, parent, links, attributes = {}, startedAt }: SpanStart): Span {
    const parentContext = spanContextOf(parent);
    const span = this.sdk.startSpan(
      name,
      {
        kind: KINDS[role],
        attributes,
        links: links?.flatMap(linkTo) ?? [],
        ...(startedAt === undefined ? {} : { startTime: startedAt }),
      },
      parentContext === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parentContext),
    );
    return new RecordedSpan(span);
  }

  /** Sends the waiting spans, and ends. */
  shutdown(): Promise<void> {
    return this.provider.shutdown();
  }
}

class RecordedSpan implements Span {
  readonly context: TraceContext;

  constructor(private readonly span: SdkSpan) {
    this.context = traceContextOf(span.spanContext());
  }

  end({ attributes, error, endedAt }: SpanEnd = {}): void {
    const { span } = this;
    if (span.isRecording()) {
      if (attributes) span.setAttributes(attributes);
      if (error !== undefined)
        span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(endedAt);
  }
}

const KINDS: Record<SpanRole, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function spanContextOf(context: TraceContext): SpanContext | null {
  const { traceparent, tracestate } = soundTrace(context);
  const parsed = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (parsed === null) return null;
  return { ...parsed, isRemote: true, ...(tracestate ? { traceState: createTraceState(tracestate) } : {}) };
}

function traceContextOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

function linkTo(context: TraceContext): Link[] {
  const linked = spanContextOf(context);
  return linked === null ? [] : [{ context: linked }];
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const root = sampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function exporterOf({ url, protocol, headers, timeoutMs }: TracingSettings): JsonExporter | ProtobufExporter {
  const Exporter = protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  return new Exporter({
    url,
    timeoutMillis: timeoutMs,
    headers: { ...parseKeyPairsIntoRecord(headers.common), ...parseKeyPairsIntoRecord(headers.traces) },
  });
}

import { TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

import type { Logger } from '../logger.js';
import type { SpanCounts } from './span-counts.js';
import type { TracingSettings } from './tracing-settings.js';

/** How often at most a collector that does not answer is logged, ms. */
const TELL_EVERY_MS = 60_000;

export interface SpanQueueOptions {
  readonly exporter: SpanExporter;
  readonly settings: Pick<
    TracingSettings,
    'url' | 'maxQueueSize' | 'maxExportBatchSize' | 'scheduledDelayMs' | 'exportTimeoutMs'
  >;
  readonly counts: SpanCounts;
  readonly logger: Logger;
}

/**
 * The SDK's batches with a counted bound, because the SDK silently drops spans that do not fit. Spans on
 * their way to the collector count as waiting, so a slow collector costs no more memory than one that is
 * down.
 */
export class SpanQueue implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private waiting = 0;
  private toldAt = -Infinity;
  private away = false;

  constructor(private readonly options: SpanQueueOptions) {
    const { exporter, settings } = options;
    this.batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => exporter.export(spans, (result) => this.exported(spans, result, done)),
        shutdown: () => exporter.shutdown(),
        forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
      },
      maxQueueSize: settings.maxQueueSize,
      maxExportBatchSize: Math.min(settings.maxExportBatchSize, settings.maxQueueSize),
      scheduledDelayMillis: settings.scheduledDelayMs,
      exportTimeoutMillis: settings.exportTimeoutMs,
    });
  }

  onStart(): void {
    // Nothing of a new span is worth keeping yet.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.waiting >= this.options.settings.maxQueueSize) {
      this.options.counts.dropped += 1;
      this.tell('traces are incomplete: more spans end than the collector takes in time');
      return;
    }
    this.waiting += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  private exported(
    spans: readonly ReadableSpan[],
    result: ExportResult,
    done: (result: ExportResult) => void,
  ): void {
    const { counts, logger, settings } = this.options;
    this.waiting -= spans.length;
    if (result.code === ExportResultCode.SUCCESS) {
      counts.sent += spans.length;
      if (this.away) logger.info({ collector: originOf(settings.url) }, 'the collector takes spans again');
      this.away = false;
    } else {
      counts.notSent += spans.length;
      this.away = true;
      this.tell('the collector does not take spans', result.error);
    }
    done(result);
  }

  private tell(what: string, error?: Error): void {
    if (performance.now() - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = performance.now();
    const { logger, settings, counts } = this.options;
    const { sent, notSent, dropped } = counts;
    logger.warn(
      { ...(error ? { err: error } : {}), collector: originOf(settings.url), sent, notSent, dropped },
      `${what}. Deliveries are not affected. Check the collector and OTEL_EXPORTER_OTLP_ENDPOINT, or sample fewer traces (OTEL_TRACES_SAMPLER)`,
    );
  }
}

/** Without path and credentials. */
function originOf(url: string): string {
  return new URL(url).origin;
}

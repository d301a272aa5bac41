import type { Logger } from '../logger.js';
import { withinTime } from '../within-time.js';
import { SpanCounts } from './span-counts.js';
import { NO_TRACER, type Tracer } from './tracer.js';
import type { TracingSettings } from './tracing-settings.js';

/** How long the waiting spans have to reach the collector when a service ends, ms. */
const LAST_FLUSH_MS = 3_000;

/** The tracing of a process, on or off. */
export class Tracing {
  private constructor(
    readonly tracer: Tracer,
    readonly counts: SpanCounts,
    private readonly close: () => Promise<void>,
  ) {}

  /** Records nothing, and loads no tracing code. */
  static off(): Tracing {
    return new Tracing(NO_TRACER, new SpanCounts(), () => Promise.resolve());
  }

  /**
   * Starts recording with the given settings. Only this loads the SDK. It does not wait for a collector: one
   * that is down costs spans, never a delivery.
   * @param settings null when tracing is off.
   */
  static async start(settings: TracingSettings | null, service: string, logger: Logger): Promise<Tracing> {
    if (settings === null) return Tracing.off();
    const counts = new SpanCounts();
    const { OtlpTracing } = await import('./otlp-tracing.js');
    const tracing = new OtlpTracing({ settings, service, counts, logger });
    const { url, sampler, ratio } = settings;
    logger.info(
      { collector: new URL(url).origin, sampler, ratio },
      'this service records traces and sends them to the collector',
    );
    return new Tracing(tracing, counts, () => tracing.shutdown());
  }

  /** Sends the waiting spans, for a limited time, and ends. */
  async end(): Promise<void> {
    await withinTime(this.close(), LAST_FLUSH_MS).catch(() => undefined);
  }
}

import { type DynamicModule, Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, register } from 'prom-client';

import { Closing } from './closing.js';
import { HealthAnswers } from './health-answers.js';
import { HealthController } from './health.controller.js';
import type { Logger } from './logger.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.js';
import { reportSpans } from './tracing/span-counts.js';
import { TRACER } from './tracing/tracer.js';
import { Tracing } from './tracing/tracing.js';

/**
 * How often the delay of the event loop is sampled, ms. Each sample wakes the process: with the 10 ms of `prom-client` that
 * was most of what a process at rest cost. The figures hold this time too, so `nodejs_eventloop_lag_p99_seconds` is at least 0.1.
 */
const LOOP_DELAY_SAMPLE_MS = 100;

/** Injection token of the service's {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/** Health, metrics, the logger and the tracer, for every module of a service. */
@Global()
@Module({})
export class OperabilityModule {
  /** @param metricsHere whether the service's own port serves metrics, because it has no management port. */
  static register(
    logger: Logger,
    closing: Closing,
    { tracing = Tracing.off(), metricsHere = true }: { tracing?: Tracing; metricsHere?: boolean } = {},
  ): DynamicModule {
    register.clear();
    collectDefaultMetrics({ eventLoopMonitoringPrecision: LOOP_DELAY_SAMPLE_MS });
    reportSpans(tracing.counts);
    const readiness = new Readiness(logger);
    readiness.registerInstant('process', () => (closing.begun ? 'it is ending' : null));
    return {
      module: OperabilityModule,
      controllers: metricsHere ? [HealthController, MetricsController] : [HealthController],
      providers: [
        { provide: Readiness, useValue: readiness },
        HealthAnswers,
        { provide: Closing, useValue: closing },
        { provide: LOGGER, useValue: logger },
        { provide: TRACER, useValue: tracing.tracer },
      ],
      exports: [Readiness, HealthAnswers, Closing, LOGGER, TRACER],
    };
  }
}

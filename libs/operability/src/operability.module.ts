import { type DynamicModule, Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, register } from 'prom-client';

import { Closing } from './closing.js';
import { HealthController } from './health.controller.js';
import type { Logger } from './logger.js';
import { Readiness } from './readiness.js';
import { reportSpans } from './tracing/span-counts.js';
import { TRACER } from './tracing/tracer.js';
import { Tracing } from './tracing/tracing.js';

/** Injection token of the service's {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/** Health, metrics, the logger and the tracer, for every module of a service. */
@Global()
@Module({})
export class OperabilityModule {
  static register(logger: Logger, closing: Closing, tracing: Tracing = Tracing.off()): DynamicModule {
    register.clear();
    collectDefaultMetrics();
    reportSpans(tracing.counts);
    const readiness = new Readiness();
    readiness.register('process', () => (closing.begun ? 'it is ending' : null));
    return {
      module: OperabilityModule,
      controllers: [HealthController],
      providers: [
        { provide: Readiness, useValue: readiness },
        { provide: Closing, useValue: closing },
        { provide: LOGGER, useValue: logger },
        { provide: TRACER, useValue: tracing.tracer },
      ],
      exports: [Readiness, Closing, LOGGER, TRACER],
    };
  }
}

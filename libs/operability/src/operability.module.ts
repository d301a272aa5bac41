import { type DynamicModule, Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, register } from 'prom-client';

import { HealthController } from './health.controller.js';
import type { Logger } from './logger.js';
import { Readiness } from './readiness.js';

/** Injection token of the service's {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/** Health, metrics and the logger, for every module of a service. */
@Global()
@Module({})
export class OperabilityModule {
  static register(logger: Logger): DynamicModule {
    register.clear();
    collectDefaultMetrics();
    return {
      module: OperabilityModule,
      controllers: [HealthController],
      providers: [Readiness, { provide: LOGGER, useValue: logger }],
      exports: [Readiness, LOGGER],
    };
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KAFKA } from '@skillora/kafka';
import { createLogger, createService, Readiness } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import { DataSource } from 'typeorm';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../../settings.js';
import { ProjectionModule } from '../projection.module.js';
import { ProjectionTransports } from '../projection.transport.js';

@Module({})
class SurroundingsModule {
  /** Replaces the application's own connections and settings. */
  static of(kafka: Kafka, connected: DataSource, firstAttemptInDelivery: boolean): DynamicModule {
    const settings: Pick<RegistrySettings, 'retentionDays' | 'firstAttemptInDelivery'> = {
      retentionDays: 90,
      firstAttemptInDelivery,
    };
    return {
      module: SurroundingsModule,
      global: true,
      providers: [
        { provide: DataSource, useValue: connected },
        { provide: KAFKA, useValue: kafka },
        { provide: REGISTRY_SETTINGS, useValue: settings },
      ],
      exports: [DataSource, KAFKA, REGISTRY_SETTINGS],
    };
  }
}

@Module({})
class ServiceUnderTest {}

/**
 * Runs `work` while a service with the projection runs.
 * @param firstAttemptInDelivery `FIRST_ATTEMPT_IN_DELIVERY`
 */
export async function withProjection(
  kafka: Kafka,
  connected: DataSource,
  work: (app: NestFastifyApplication) => Promise<void>,
  firstAttemptInDelivery = true,
): Promise<void> {
  const app = await createService({
    name: 'projection-spec',
    module: {
      module: ServiceUnderTest,
      imports: [SurroundingsModule.of(kafka, connected, firstAttemptInDelivery), ProjectionModule],
    },
    port: 0,
    logLevel: 'silent',
    logger: createLogger('projection', 'silent'),
    bodyLimitBytes: 1_024,
    prepare: (service) => {
      for (const strategy of service.get(ProjectionTransports).all) service.connectMicroservice({ strategy });
    },
  });
  try {
    await app.startAllMicroservices();
    await work(app);
  } finally {
    await app.close();
  }
}

/** Resolves when the service says that it is ready: its member of the group may have been silent for a moment. */
export function becomesReady(app: NestFastifyApplication): Promise<void> {
  return eventually(async () => expect(await app.get(Readiness).problems()).toEqual({}));
}

import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { register } from 'prom-client';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { FIRST_ATTEMPT_IN_DELIVERY } from './first-attempt-in-delivery.js';
import { TablePartitions } from './table-partitions.js';
import { ProjectionDeadLetters } from './projection-dead-letters.js';
import { ProjectionHealth } from './projection-health.js';
import { ProjectionMetrics } from './projection-metrics.js';
import { ProjectionController } from './projection.controller.js';
import { ProjectionTransports } from './projection.transport.js';
import { Projector } from './projector.js';
import { Retention } from './retention.js';
import { RETENTION_DAYS } from './retention-days.js';

/**
 * Builds the tables that answer "what happened" from the log. The service connects {@link
 * ProjectionTransports} as microservices; the data source is the application's own.
 */
@Module({
  controllers: [ProjectionController],
  providers: [
    {
      provide: RETENTION_DAYS,
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ retentionDays }: Pick<RegistrySettings, 'retentionDays'>) => retentionDays,
    },
    {
      provide: FIRST_ATTEMPT_IN_DELIVERY,
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ firstAttemptInDelivery }: Pick<RegistrySettings, 'firstAttemptInDelivery'>) =>
        firstAttemptInDelivery,
    },
    { provide: ProjectionMetrics, useFactory: () => new ProjectionMetrics(register) },
    TablePartitions,
    ProjectionDeadLetters,
    ProjectionHealth,
    ProjectionTransports,
    Projector,
    Retention,
  ],
  exports: [ProjectionTransports],
})
export class ProjectionModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly retention: Retention,
    private readonly deadLetters: ProjectionDeadLetters,
  ) {}

  onApplicationBootstrap(): void {
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.retention.stop();
    await this.deadLetters.close();
  }
}

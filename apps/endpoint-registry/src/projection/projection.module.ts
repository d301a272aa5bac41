import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import { register } from 'prom-client';
import { DataSource } from 'typeorm';

import { Partitions } from './partitions.js';
import { ProjectionDeadLetters } from './projection-dead-letters.js';
import { ProjectionHealth } from './projection-health.js';
import { ProjectionMetrics } from './projection-metrics.js';
import { ProjectionController } from './projection.controller.js';
import { ProjectionTransports } from './projection.transport.js';
import { Projector } from './projector.js';
import { Retention } from './retention.js';

/**
 * Builds the tables that answer "what happened" from the log. The service connects {@link
 * ProjectionTransports} as microservices; the data source is the application's own.
 */
@Module({})
export class ProjectionModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly retention: Retention,
    private readonly deadLetters: ProjectionDeadLetters,
  ) {}

  static register(kafka: Kafka, { retentionDays }: { readonly retentionDays: number }): DynamicModule {
    return {
      module: ProjectionModule,
      controllers: [ProjectionController],
      providers: [
        { provide: ProjectionMetrics, useFactory: () => new ProjectionMetrics(register) },
        {
          provide: ProjectionHealth,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new ProjectionHealth(logger),
        },
        {
          provide: ProjectionDeadLetters,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new ProjectionDeadLetters(kafka, logger),
        },
        {
          provide: Partitions,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new Partitions(dataSource, retentionDays),
        },
        {
          provide: Retention,
          inject: [DataSource, Partitions, LOGGER],
          useFactory: (dataSource: DataSource, partitions: Partitions, logger: Logger) =>
            new Retention(dataSource, partitions, retentionDays, logger),
        },
        {
          provide: Projector,
          inject: [DataSource, Partitions, ProjectionMetrics, LOGGER],
          useFactory: (
            dataSource: DataSource,
            partitions: Partitions,
            metrics: ProjectionMetrics,
            logger: Logger,
          ) => new Projector(dataSource, partitions, metrics, logger),
        },
        {
          provide: ProjectionTransports,
          inject: [
            DataSource,
            Projector,
            ProjectionMetrics,
            ProjectionHealth,
            ProjectionDeadLetters,
            LOGGER,
            Readiness,
          ],
          useFactory: (
            dataSource: DataSource,
            projector: Projector,
            metrics: ProjectionMetrics,
            health: ProjectionHealth,
            deadLetters: ProjectionDeadLetters,
            logger: Logger,
            readiness: Readiness,
          ) => {
            const transports = new ProjectionTransports({
              kafka,
              dataSource,
              projector,
              metrics,
              health,
              deadLetters,
              logger,
            });
            readiness.register('projection', () =>
              transports.ready
                ? (health.problem ?? transports.problem)
                : 'waits for Kafka to give it partitions',
            );
            return transports;
          },
        },
      ],
      exports: [ProjectionTransports],
    };
  }

  onApplicationBootstrap(): void {
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.retention.stop();
    await this.deadLetters.close();
  }
}

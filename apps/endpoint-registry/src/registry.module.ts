import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { topicDefinitions, Topics } from '@skillora/contracts';
import { createKafka, demandTopics, kafkaSecurity, RecordProducer, TRANSACTION_RETRY } from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import {
  API_DESCRIPTION,
  BearerGuard,
  CursorCodec,
  OpenApiController,
  RequestLimits,
  TOKEN_DIRECTORY,
} from '@skillora/rest';
import type { Kafka } from 'kafkajs';
import { DataSource } from 'typeorm';

import { DashboardController } from './dashboard/dashboard.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { Reconciliation } from './audit/reconciliation.js';
import { ChangeList } from './changes/change-list.js';
import { ChangeLog } from './changes/change-log.js';
import { ChangeQueries } from './changes/change-queries.js';
import { migrate } from './database/data-source.js';
import { reportPools } from './database/pool-metrics.js';
import { PreparedQueries } from './database/prepared-queries.js';
import { READING, readingOptions, writingOptions } from './database/reading.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DeliveryChanges } from './deliveries/delivery-changes.js';
import { DeliveryList } from './deliveries/delivery-list.js';
import { DeliveryQueries } from './deliveries/delivery-queries.js';
import { DeliveryRequests } from './deliveries/delivery-request.js';
import { DeliveryStreams } from './deliveries/delivery-stream.js';
import { ManualRetry } from './deliveries/manual-retry.js';
import { DeletedEndpoints } from './endpoints/deleted-endpoints.js';
import { EndpointChanges } from './endpoints/endpoint-changes.js';
import { EndpointQueries } from './endpoints/endpoint-queries.js';
import { EndpointsController } from './endpoints/endpoints.controller.js';
import { TestOutcomes } from './endpoints/test-outcomes.js';
import { TestSend } from './endpoints/test-send.js';
import { TestTurns } from './endpoints/test-turns.js';
import { EventLogEnd } from './events/event-log-end.js';
import { EventQueries } from './events/event-queries.js';
import { EventsController } from './events/events.controller.js';
import { ProjectedEvents } from './events/projected-events.js';
import { IdempotencyKeys } from './idempotency/idempotency-keys.js';
import { ListTurns } from './limits/list-turns.js';
import { OrganizationTurns } from './limits/organization-turns.js';
import { Bootstrap } from './organizations/bootstrap.js';
import { TokenChanges } from './organizations/token-changes.js';
import { Tokens } from './organizations/tokens.js';
import { OnceOnlyWriter } from './outbox/once-only-writer.js';
import { OutboxRelay } from './outbox/relay.js';
import { ProjectionModule } from './projection/projection.module.js';
import { REST_API } from './rest-api.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from './settings.js';
import { BucketRetention } from './statistics/bucket-retention.js';
import { StatisticsQueries } from './statistics/statistics-queries.js';
import { StatisticsTurns } from './statistics/statistics-turns.js';
import { StatisticsController } from './statistics/statistics.controller.js';

const KAFKA = Symbol('KAFKA');

/** How often a start tries to reach the database. */
const CONNECTING = { retryAttempts: 10, retryDelay: 1_000 };

/** The topics that the registry reads and writes. */
const USED_TOPICS: ReadonlySet<string> = new Set([
  Topics.deadLetter,
  Topics.events,
  Topics.fanOuts,
  Topics.deliveries,
  Topics.manualRetries,
  Topics.deliveryResults,
  Topics.endpoints,
  Topics.apiTokens,
]);

/** The REST API, the endpoints with their outbox, and the projection. */
@Module({})
export class RegistryModule implements OnApplicationBootstrap, OnApplicationShutdown {
  static register(settings: RegistrySettings, logger: Logger): DynamicModule {
    const security = kafkaSecurity(settings);
    const kafka = createKafka({ brokers: settings.brokers, clientId: 'endpoint-registry', logger, security });
    const { databaseUrl, databaseCa, queryTimeoutMs } = settings;
    return {
      module: RegistryModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...writingOptions(databaseUrl, databaseCa), ...CONNECTING }),
          dataSourceFactory: async (options) => {
            if (!options) throw new Error('no options for the data source');
            return migrate(await new DataSource(options).initialize());
          },
        }),
        TypeOrmModule.forRootAsync({
          name: READING,
          useFactory: () => ({ ...readingOptions(databaseUrl, databaseCa, queryTimeoutMs), ...CONNECTING }),
        }),
        ProjectionModule.register(kafka, settings),
      ],
      controllers: [
        EndpointsController,
        EventsController,
        DeliveriesController,
        AuditController,
        StatisticsController,
        OpenApiController,
        DashboardController,
      ],
      providers: [
        { provide: REGISTRY_SETTINGS, useValue: settings },
        { provide: KAFKA, useValue: kafka },
        { provide: RecordProducer, useValue: new RecordProducer(kafka, { lingerMs: 0, logger }) },
        {
          provide: OnceOnlyWriter,
          useValue: new OnceOnlyWriter(
            createKafka({
              brokers: settings.brokers,
              clientId: 'endpoint-registry-transactions',
              logger,
              security,
              retry: TRANSACTION_RETRY,
            }),
            logger,
          ),
        },
        { provide: EventLogEnd, useValue: new EventLogEnd(kafka) },
        { provide: ChangeLog, useValue: new ChangeLog(settings.secretsKey.box) },
        { provide: API_DESCRIPTION, useValue: REST_API },
        { provide: CursorCodec, useValue: new CursorCodec(settings.secretsKey.texts) },
        { provide: TOKEN_DIRECTORY, useExisting: Tokens },
        BearerGuard,
        { provide: RequestLimits, useFactory: () => new RequestLimits(settings) },
        Bootstrap,
        BucketRetention,
        ChangeList,
        ChangeQueries,
        DeletedEndpoints,
        DeliveryChanges,
        DeliveryList,
        DeliveryQueries,
        DeliveryRequests,
        DeliveryStreams,
        EndpointChanges,
        EndpointQueries,
        EventQueries,
        IdempotencyKeys,
        ListTurns,
        ManualRetry,
        OrganizationTurns,
        OutboxRelay,
        ProjectedEvents,
        PreparedQueries,
        StatisticsQueries,
        StatisticsTurns,
        Reconciliation,
        TestOutcomes,
        TestSend,
        TestTurns,
        TokenChanges,
        Tokens,
      ],
    };
  }

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    private readonly producer: RecordProducer,
    private readonly relay: OutboxRelay,
    private readonly eventLogEnd: EventLogEnd,
    private readonly dataSource: DataSource,
    @InjectDataSource(READING) private readonly reading: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    reportPools({ writing: this.dataSource, reading: this.reading });
    this.readiness.register('database', async () => {
      await this.dataSource.query('SELECT 1');
      return null;
    });
    this.readiness.register('producer', () => (this.producer.ready ? null : 'connecting to Kafka'));
    const { partitions, replicationFactor, retryDelaysMs, retentionDays } = this.settings;
    const definitions = topicDefinitions(retryDelaysMs.length, retentionDays);
    await demandTopics(this.kafka, {
      definitions,
      used: (topic) => USED_TOPICS.has(topic),
      ...{ partitions, replicationFactor, retryDelaysMs, logger: this.logger },
    });
    await this.producer.connect();
    // The outbox of earlier runs, and the first token. Both are done before the service listens, so that
    // clients can rely on them. Failures are logged.
    await this.relay.flush().catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.disconnect();
    await this.eventLogEnd.close();
  }
}

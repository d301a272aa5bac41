import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { topicDefinitions, Topics } from '@skillora/contracts';
import {
  BatchTransport,
  createKafka,
  demandTopics,
  kafkaSecurity,
  RecordProducer,
  sendFirstTaken,
} from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import {
  API_DESCRIPTION,
  BearerGuard,
  OpenApiController,
  RequestLimits,
  TOKEN_DIRECTORY,
} from '@skillora/rest';
import type { Kafka } from 'kafkajs';

import { HttpIntake } from './http-intake/http-intake.controller.js';
import { INTAKE_API } from './http-intake/http-intake-operations.js';
import { TokenTable } from './http-intake/token-table.js';
import { IntakeMetrics } from './intake-metrics.js';
import { unhandledRecord } from './kafka-intake/dead-letter.js';
import { KAFKA_INTAKE, KAFKA_INTAKE_GROUP, KafkaIntake } from './kafka-intake/kafka-intake.js';
import { INGEST_SETTINGS, type IngestSettings } from './settings.js';

const KAFKA = Symbol('KAFKA');
/** Injection token of the consumer of the public topic. */
export const INTAKE_TRANSPORT = Symbol('INTAKE_TRANSPORT');

/** The topics that intake reads and writes. */
const USED_TOPICS: ReadonlySet<string> = new Set([
  Topics.interviewCompletions,
  Topics.interviewCompletionsDeadLetter,
  Topics.events,
  Topics.apiTokens,
]);

/** The two intakes, Kafka and HTTP, and the producer behind both. */
@Module({})
export class IngestModule implements OnApplicationBootstrap, OnApplicationShutdown {
  static register(settings: IngestSettings, logger: Logger): DynamicModule {
    const security = kafkaSecurity(settings);
    const kafka = createKafka({ brokers: settings.brokers, clientId: 'event-ingest', logger, security });
    const producer = new RecordProducer(kafka, { lingerMs: 0, logger });
    return {
      module: IngestModule,
      controllers: [KafkaIntake, HttpIntake, OpenApiController],
      providers: [
        BearerGuard,
        { provide: RequestLimits, useFactory: () => new RequestLimits(settings) },
        IntakeMetrics,
        { provide: API_DESCRIPTION, useValue: INTAKE_API },
        { provide: INGEST_SETTINGS, useValue: settings },
        { provide: KAFKA, useValue: kafka },
        { provide: RecordProducer, useValue: producer },
        { provide: TokenTable, useValue: new TokenTable(kafka, logger, settings.timeoutMs) },
        { provide: TOKEN_DIRECTORY, useExisting: TokenTable },
        {
          provide: INTAKE_TRANSPORT,
          useValue: new BatchTransport({
            id: KAFKA_INTAKE,
            kafka,
            logger,
            groupId: KAFKA_INTAKE_GROUP,
            completion: 'batch',
            unhandled: {
              putAside: (record, place, error) =>
                sendFirstTaken(producer, unhandledRecord(record, place, error)),
            },
          }),
        },
      ],
    };
  }

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(INGEST_SETTINGS) private readonly settings: IngestSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(INTAKE_TRANSPORT) private readonly transport: BatchTransport,
    private readonly tokens: TokenTable,
    private readonly producer: RecordProducer,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.register('tokens', () => (this.tokens.ready ? null : 'reading the tokens'));
    this.readiness.register('producer', () => (this.producer.ready ? null : 'connecting to Kafka'));
    this.readiness.register('consumer', () => this.transport.problem);
    const { partitions, replicationFactor, retryDelaysMs, retentionDays } = this.settings;
    await demandTopics(this.kafka, {
      definitions: topicDefinitions(retryDelaysMs.length, retentionDays),
      used: (topic) => USED_TOPICS.has(topic),
      ...{ partitions, replicationFactor, retryDelaysMs, logger: this.logger },
    });
    await Promise.all([this.tokens.start(), this.producer.connect()]);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.tokens.stop(), this.producer.disconnect()]);
  }
}

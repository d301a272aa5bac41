import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  BatchTransport,
  KAFKA,
  KafkaModule,
  RecordProducer,
  RecordProducerModule,
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
  static register(settings: IngestSettings): DynamicModule {
    const kafka = { clientId: 'event-ingest', settings, uses: (topic: string) => USED_TOPICS.has(topic) };
    return {
      module: IngestModule,
      imports: [KafkaModule.forRoot(kafka), RecordProducerModule],
      controllers: [KafkaIntake, HttpIntake, OpenApiController],
      providers: [
        BearerGuard,
        { provide: RequestLimits, useFactory: () => new RequestLimits(settings) },
        IntakeMetrics,
        { provide: API_DESCRIPTION, useValue: INTAKE_API },
        { provide: INGEST_SETTINGS, useValue: settings },
        {
          provide: TokenTable,
          inject: [KAFKA, LOGGER],
          useFactory: (client: Kafka, logger: Logger) => new TokenTable(client, logger, settings.timeoutMs),
        },
        { provide: TOKEN_DIRECTORY, useExisting: TokenTable },
        { provide: INTAKE_TRANSPORT, inject: [KAFKA, RecordProducer, LOGGER], useFactory: intakeTransport },
      ],
    };
  }

  constructor(
    @Inject(INTAKE_TRANSPORT) private readonly transport: BatchTransport,
    private readonly tokens: TokenTable,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.register('tokens', () => (this.tokens.ready ? null : 'reading the tokens'));
    this.readiness.register('consumer', () => this.transport.problem);
    await this.tokens.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tokens.stop();
  }
}

function intakeTransport(kafka: Kafka, producer: RecordProducer, logger: Logger): BatchTransport {
  return new BatchTransport({
    id: KAFKA_INTAKE,
    kafka,
    logger,
    groupId: KAFKA_INTAKE_GROUP,
    completion: 'batch',
    unhandled: {
      putAside: (record, place, error) => sendFirstTaken(producer, unhandledRecord(record, place, error)),
    },
  });
}

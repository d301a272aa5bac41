import {
  Global,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { topicDefinitions, Topics } from '@skillora/contracts';
import { createKafka, demandTopics, kafkaSecurity, RecordProducer } from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { KAFKA } from './kafka-client.js';

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

/** Kafka, for every module of the service: a client, and a producer that is connected once the service has started. */
@Global()
@Module({
  providers: [
    {
      provide: KAFKA,
      inject: [REGISTRY_SETTINGS, LOGGER],
      useFactory: (settings: RegistrySettings, logger: Logger) =>
        createKafka({
          brokers: settings.brokers,
          clientId: 'endpoint-registry',
          logger,
          security: kafkaSecurity(settings),
        }),
    },
    {
      provide: RecordProducer,
      inject: [KAFKA, LOGGER],
      useFactory: (kafka: Kafka, logger: Logger) => new RecordProducer(kafka, { lingerMs: 0, logger }),
    },
  ],
  exports: [KAFKA, RecordProducer],
})
export class KafkaModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly producer: RecordProducer,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.register('producer', () => (this.producer.ready ? null : 'connecting to Kafka'));
    const { partitions, replicationFactor, retryDelaysMs, retentionDays } = this.settings;
    await demandTopics(this.kafka, {
      definitions: topicDefinitions(retryDelaysMs.length, retentionDays),
      used: (topic) => USED_TOPICS.has(topic),
      ...{ partitions, replicationFactor, retryDelaysMs, logger: this.logger },
    });
    await this.producer.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.disconnect();
  }
}

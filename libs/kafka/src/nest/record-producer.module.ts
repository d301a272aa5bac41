import { Global, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { RecordProducer } from '../producer/record-producer.js';
import { KAFKA } from './kafka.module.js';

/** The service's {@link RecordProducer}, for every module. It is connected before a module that imports this one starts. */
@Global()
@Module({
  providers: [
    {
      provide: RecordProducer,
      inject: [KAFKA, LOGGER],
      useFactory: (kafka: Kafka, logger: Logger) => new RecordProducer(kafka, { lingerMs: 0, logger }),
    },
  ],
  exports: [RecordProducer],
})
export class RecordProducerModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly producer: RecordProducer,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.register('producer', () => (this.producer.ready ? null : 'connecting to Kafka'));
    await this.producer.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.disconnect();
  }
}

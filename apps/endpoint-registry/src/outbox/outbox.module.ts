import { Module } from '@nestjs/common';
import { KAFKA, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { EndpointsLooks, LookedAtInKafka } from './endpoints-looks.js';
import { OnceOnlyWriter } from './once-only-writer.js';
import { OutboxRelay } from './relay.js';

/** Moves the outbox to Kafka. */
@Module({
  providers: [
    {
      provide: OnceOnlyWriter,
      inject: [TRANSACTIONAL_KAFKA, LOGGER],
      useFactory: (kafka: Kafka, logger: Logger) => new OnceOnlyWriter(kafka, logger),
    },
    {
      provide: EndpointsLooks,
      inject: [KAFKA, LOGGER],
      useFactory: (kafka: Kafka, logger: Logger) => new EndpointsLooks(new LookedAtInKafka(kafka, logger)),
    },
    OutboxRelay,
  ],
  exports: [OutboxRelay],
})
export class OutboxModule {}

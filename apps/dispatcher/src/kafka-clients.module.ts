import { Global, Module } from '@nestjs/common';
import { createKafka, kafkaSecurity, TRANSACTION_RETRY } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { DISPATCHER_SETTINGS, type DispatcherSettings } from './settings.js';

/** Injection token of the service's Kafka client. */
export const KAFKA = Symbol('KAFKA');
/** Injection token of the Kafka client whose retries suit transactions. */
export const TRANSACTIONAL_KAFKA = Symbol('TRANSACTIONAL_KAFKA');

/** The Kafka clients of the service. */
@Global()
@Module({
  providers: [
    {
      provide: KAFKA,
      inject: [DISPATCHER_SETTINGS, LOGGER],
      useFactory: (settings: DispatcherSettings, logger: Logger): Kafka =>
        createKafka({
          brokers: settings.brokers,
          clientId: 'dispatcher',
          logger,
          security: kafkaSecurity(settings),
        }),
    },
    {
      provide: TRANSACTIONAL_KAFKA,
      inject: [DISPATCHER_SETTINGS, LOGGER],
      useFactory: (settings: DispatcherSettings, logger: Logger): Kafka =>
        createKafka({
          brokers: settings.brokers,
          clientId: 'dispatcher-transactions',
          logger,
          security: kafkaSecurity(settings),
          retry: TRANSACTION_RETRY,
        }),
    },
  ],
  exports: [KAFKA, TRANSACTIONAL_KAFKA],
})
export class KafkaClientsModule {}

import { Module } from '@nestjs/common';
import { createKafka, kafkaSecurity, TRANSACTION_RETRY } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { OnceOnlyWriter } from './once-only-writer.js';
import { OutboxRelay } from './relay.js';

/** Moves the outbox to Kafka. */
@Module({
  providers: [
    {
      provide: OnceOnlyWriter,
      inject: [REGISTRY_SETTINGS, LOGGER],
      // A client of its own, whose retries suit transactions.
      useFactory: (settings: RegistrySettings, logger: Logger) =>
        new OnceOnlyWriter(
          createKafka({
            brokers: settings.brokers,
            clientId: 'endpoint-registry-transactions',
            logger,
            security: kafkaSecurity(settings),
            retry: TRANSACTION_RETRY,
          }),
          logger,
        ),
    },
    OutboxRelay,
  ],
  exports: [OutboxRelay],
})
export class OutboxModule {}

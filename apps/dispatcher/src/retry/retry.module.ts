import { Module } from '@nestjs/common';
import { BatchTransport, KAFKA, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { unhandledRecord } from '../dead-letters.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { retryTopics } from './retry-topics.js';
import { ManualRetriesModule } from './manual-retries.module.js';
import { RETRY, RETRY_GROUP, RETRY_TOPICS, RETRY_WINDOW, RetryController } from './retry.controller.js';

/** A due retry waits a little for others that become due just after it. */
export const RETRY_LINGER_MS = 25;

/** The third stage: failed deliveries wait until they are due. */
@Module({
  imports: [ManualRetriesModule],
  controllers: [RetryController],
  providers: [
    {
      provide: RETRY,
      inject: [KAFKA, TRANSACTIONAL_KAFKA, DISPATCHER_SETTINGS, LOGGER],
      useFactory: retryTransport,
    },
  ],
  exports: [RETRY],
})
export class RetryModule {}

function retryTransport(
  kafka: Kafka,
  transactionalKafka: Kafka,
  { retryDelaysMs }: DispatcherSettings,
  logger: Logger,
): BatchTransport {
  return new BatchTransport({
    id: RETRY,
    kafka,
    logger,
    groupId: RETRY_GROUP,
    completion: 'record',
    maxInFlightPerPartition: RETRY_WINDOW.records,
    maxInFlightBytesPerPartition: RETRY_WINDOW.bytes,
    transactions: { kafka: transactionalKafka, lingerMs: RETRY_LINGER_MS },
    unhandled: { inPlaceOf: unhandledRecord },
    topics: { [RETRY_TOPICS]: () => retryTopics(kafka, retryDelaysMs) },
  });
}

import { Module } from '@nestjs/common';
import { BatchTransport, KAFKA, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { BodiesModule } from '../bodies/bodies.module.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { HttpModule } from '../http/http.module.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { AttemptGate } from '../queues/attempt-gate.js';
import { RebalanceDrain } from '../queues/rebalance-drain.js';
import { Tenure } from '../queues/tenure.js';
import { ManualRetriesModule } from '../retry/manual-retries.module.js';
import { DELIVER, DELIVER_GROUP, DELIVER_WINDOW, DeliverController } from './deliver.controller.js';
import { lanesOfInstance } from './lanes-of-instance.js';

/**
 * Nobody waits for a result to be written, so results wait a little for others to share their transaction.
 */
export const RESULT_LINGER_MS = 100;

/** The second stage: deliveries of both lanes are queued and attempted. */
@Module({
  imports: [EndpointsModule, ManualRetriesModule, HttpModule, BodiesModule],
  controllers: [DeliverController],
  providers: [
    SlowLane,
    AttemptGate,
    RebalanceDrain,
    { provide: Tenure, useFactory: () => new Tenure() },
    {
      provide: DELIVER,
      inject: [KAFKA, TRANSACTIONAL_KAFKA, LOGGER, SlowLane, RebalanceDrain, Tenure],
      useFactory: deliverTransport,
    },
  ],
  exports: [DELIVER],
})
export class DeliverModule {}

function deliverTransport(
  kafka: Kafka,
  transactionalKafka: Kafka,
  logger: Logger,
  slowLane: SlowLane,
  drain: RebalanceDrain,
  tenure: Tenure,
): BatchTransport {
  const transport = new BatchTransport({
    id: DELIVER,
    kafka,
    logger,
    groupId: DELIVER_GROUP,
    ...lanesOfInstance({ slowLane, drain, tenure }),
    maxInFlightPerPartition: DELIVER_WINDOW.records,
    maxInFlightBytesPerPartition: DELIVER_WINDOW.bytes,
    transactions: { kafka: transactionalKafka, lingerMs: RESULT_LINGER_MS },
  });
  tenure.follows(() => transport.isSurelyMember);
  return transport;
}

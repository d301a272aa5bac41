import { Module } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { BatchTransport, KAFKA, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { BodiesModule } from '../bodies/bodies.module.js';
import { bytesInAttempt } from '../bodies/bytes-in-attempt.js';
import { unhandledRecord } from '../dead-letters.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { HttpModule } from '../http/http.module.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { RebalanceDrain } from '../queues/rebalance-drain.js';
import { Tenure } from '../queues/tenure.js';
import { ManualRetriesModule } from '../retry/manual-retries.module.js';
import { DELIVER, DELIVER_GROUP, DELIVER_WINDOW, DeliverController } from './deliver.controller.js';

/**
 * Nobody waits for a result to be written, so results wait a little for others to share their transaction.
 */
const RESULT_LINGER_MS = 100;

/** The second stage: deliveries of both lanes are queued and attempted. */
@Module({
  imports: [EndpointsModule, ManualRetriesModule, HttpModule, BodiesModule],
  controllers: [DeliverController],
  providers: [
    SlowLane,
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
  /**
   * When a partition of one lane is lost, what was written from it to the other lane will not be read back
   * here.
   */
  const gone = ({ topic, partition }: { topic: string; partition: number }): void => {
    if (topic === Topics.slowDeliveries || topic === Topics.deliveries) slowLane.lost(partition);
  };
  const partitionsOf = (all: readonly { partition: number }[]) => all.map(({ partition }) => partition);
  const transport = new BatchTransport({
    id: DELIVER,
    kafka,
    logger,
    groupId: DELIVER_GROUP,
    completion: 'record',
    maxInFlightPerPartition: DELIVER_WINDOW.records,
    maxInFlightBytesPerPartition: DELIVER_WINDOW.bytes,
    bytesOf: bytesInAttempt,
    // One instance owns an endpoint's deliveries of both lanes and queues them one after the other.
    coPartitioned: true,
    trimmed: [Topics.slowDeliveries],
    rebalance: {
      begins: () => {
        tenure.shakes();
        return drain.begins();
      },
      released: drain.released,
      formed: tenure.holds,
    },
    onAssignment: ({ gained, lost }) => {
      lost.forEach(gone);
      tenure.lost(partitionsOf(lost));
      tenure.gained(partitionsOf(gained));
    },
    onAnotherLog: gone,
    unhandled: { inPlaceOf: unhandledRecord },
    transactions: { kafka: transactionalKafka, lingerMs: RESULT_LINGER_MS },
  });
  tenure.follows(() => transport.isSurelyMember);
  return transport;
}

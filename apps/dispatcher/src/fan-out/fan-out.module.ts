import { Module } from '@nestjs/common';
import { BatchTransport } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { unhandledRecord } from '../dead-letters.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { KAFKA } from '../kafka-clients.module.js';
import { FAN_OUT, FAN_OUT_GROUP, FanOutController } from './fan-out.controller.js';
import { FanOutLanes } from './fan-out-lanes.js';

/** The first stage: events become deliveries. */
@Module({
  imports: [EndpointsModule],
  controllers: [FanOutController],
  providers: [
    FanOutLanes,
    { provide: FAN_OUT, inject: [KAFKA, LOGGER, FanOutLanes], useFactory: fanOutTransport },
  ],
  exports: [FAN_OUT],
})
export class FanOutModule {}

function fanOutTransport(kafka: Kafka, logger: Logger, lanes: FanOutLanes): BatchTransport {
  return new BatchTransport({
    id: FAN_OUT,
    kafka,
    logger,
    groupId: FAN_OUT_GROUP,
    completion: 'batch',
    // The committed offsets show other tools the progress. They are also used when a ledger is too old to
    // hold the position.
    startingOffsets: (assigned) => lanes.startingOffsets(FAN_OUT_GROUP, assigned),
    unhandled: {
      putAside: (record, place, error) =>
        lanes.putAside(place.partition, unhandledRecord(record, place, error), record.offset + 1n),
    },
    onAssignment: ({ lost }) => lanes.lost(lost),
  });
}

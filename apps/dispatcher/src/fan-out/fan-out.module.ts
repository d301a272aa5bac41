import { Module } from '@nestjs/common';
import { BatchTransport, KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { unhandledRecord } from '../dead-letters.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { FAN_OUT, FAN_OUT_GROUP, FanOutController } from './fan-out.controller.js';
import { FanOutPartitions } from './fan-out-partitions.js';
import { FanOutTelemetry } from './fan-out-telemetry.js';

/** The first stage: events become deliveries. */
@Module({
  imports: [EndpointsModule],
  controllers: [FanOutController],
  providers: [
    FanOutPartitions,
    {
      provide: FanOutTelemetry,
      inject: [LOGGER, TRACER],
      useFactory: (logger: Logger, tracer: Tracer) => new FanOutTelemetry(FAN_OUT_GROUP, logger, tracer),
    },
    { provide: FAN_OUT, inject: [KAFKA, LOGGER, FanOutPartitions], useFactory: fanOutTransport },
  ],
  exports: [FAN_OUT],
})
export class FanOutModule {}

function fanOutTransport(kafka: Kafka, logger: Logger, partitions: FanOutPartitions): BatchTransport {
  return new BatchTransport({
    id: FAN_OUT,
    kafka,
    logger,
    groupId: FAN_OUT_GROUP,
    completion: 'batch',
    // The committed offsets show other tools the progress. They are also used when a ledger is too old to
    // hold the position.
    startingOffsets: (assigned) => partitions.startingOffsets(FAN_OUT_GROUP, assigned),
    unhandled: {
      putAside: (record, place, error) =>
        partitions.putAside(place.partition, unhandledRecord(record, place, error), record.offset + 1n),
    },
    onAssignment: ({ lost }) => partitions.lost(lost),
  });
}

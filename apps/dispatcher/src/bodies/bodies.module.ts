import { setTimeout as delay } from 'node:timers/promises';

import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { KAFKA, PlacedRecords } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import { Counter } from 'prom-client';

import { LARGEST_COPIED_BYTES } from './body-in-delivery.js';
import { EventBodies } from './event-bodies.js';
import { KafkaEventLog } from './kafka-event-log.js';

/** Room for some 130 of the largest events. */
const KEPT_BYTES = 32 * 1_024 * 1_024;
const READ_AGAIN_MS = 1_000;

/** The bodies that deliveries name, read from `webhook.events`. */
@Module({
  providers: [
    { provide: PlacedRecords, inject: [KAFKA], useFactory: (kafka: Kafka) => new PlacedRecords(kafka) },
    { provide: EventBodies, inject: [PlacedRecords, LOGGER], useFactory: eventBodies },
  ],
  exports: [EventBodies],
})
export class BodiesModule implements OnApplicationShutdown {
  constructor(
    private readonly records: PlacedRecords,
    private readonly bodies: EventBodies,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.bodies.close();
    await this.records.close();
  }
}

function eventBodies(records: PlacedRecords, logger: Logger): EventBodies {
  const looks = new Counter({
    name: 'webhook_event_bodies_total',
    help: 'Bodies that a delivery names and does not hold, by whether they were kept, read or gone',
    labelNames: ['outcome'] as const,
  });
  const log = new KafkaEventLog(records, LARGEST_COPIED_BYTES, logger);
  return new EventBodies(log, KEPT_BYTES, {
    looked: (outcome) => looks.inc({ outcome }),
    unread: ({ partition, offset }, error) =>
      logger.warn(
        { err: error, topic: Topics.events, partition, offset },
        'an event cannot be read, so the deliveries that name it wait. The dispatcher tries again every second. Look whether the partition has a leader, and its replicas are in sync',
      ),
    pause: () => delay(READ_AGAIN_MS, undefined, { ref: false }),
  });
}

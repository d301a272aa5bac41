import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangeLogModule } from '../changes/change-log.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { EventQueriesModule } from '../events/event-queries.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AskedOnce } from './asked-once.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryChanges } from './delivery-changes.js';
import { DeliveryList } from './delivery-list.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryRequests } from './delivery-request.js';
import { DeliveryStreams } from './delivery-stream.js';
import { ManualRetry } from './manual-retry.js';

/** The deliveries of customers: their lists, live stream, requests, and what is sent again by hand. */
@Module({
  imports: [
    AccessModule,
    ChangeLogModule,
    DatabaseModule,
    EndpointsModule,
    EventQueriesModule,
    IdempotencyModule,
    OutboxModule,
  ],
  controllers: [DeliveriesController],
  providers: [
    AskedOnce,
    DeliveryChanges,
    DeliveryList,
    DeliveryQueries,
    DeliveryRequests,
    DeliveryStreams,
    ManualRetry,
  ],
  exports: [AskedOnce, DeliveryList],
})
export class DeliveriesModule {}

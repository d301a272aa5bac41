import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { DeliveriesModule } from '../deliveries/deliveries.module.js';
import { EventQueriesModule } from './event-queries.module.js';
import { EventsController } from './events.controller.js';

/** The routes of events, and of the deliveries of one event. */
@Module({
  imports: [AccessModule, DeliveriesModule, EventQueriesModule],
  controllers: [EventsController],
})
export class EventsModule {}

import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangeLogModule } from '../changes/change-log.module.js';
import { DeliveriesModule } from '../deliveries/deliveries.module.js';
import { EventQueriesModule } from '../events/event-queries.module.js';
import { EventResend } from './event-resend.js';
import { ResendsController } from './resends.controller.js';

/** Events that are sent again. */
@Module({
  imports: [AccessModule, ChangeLogModule, DeliveriesModule, EventQueriesModule],
  controllers: [ResendsController],
  providers: [EventResend],
})
export class ResendsModule {}

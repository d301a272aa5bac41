import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangeLogModule } from '../changes/change-log.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { EventQueriesModule } from '../events/event-queries.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AuditProgress } from './audit-progress.js';
import { OldRecoveries } from './old-recoveries.js';
import { Recoveries } from './recoveries.js';
import { RecoveriesController } from './recoveries.controller.js';
import { RecoveryStepper } from './recovery-stepper.js';

/** Recoveries: what an endpoint did not get, or should get again, is sent to it. */
@Module({
  imports: [
    AccessModule,
    ChangeLogModule,
    DatabaseModule,
    EndpointsModule,
    EventQueriesModule,
    IdempotencyModule,
    LimitsModule,
    OutboxModule,
  ],
  controllers: [RecoveriesController],
  providers: [AuditProgress, OldRecoveries, Recoveries, RecoveryStepper],
})
export class RecoveriesModule {}

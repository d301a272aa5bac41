import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangeLogModule } from '../changes/change-log.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { DeletedEndpoints } from './deleted-endpoints.js';
import { EndpointChanges } from './endpoint-changes.js';
import { EndpointHold } from './endpoint-hold.js';
import { EndpointQueries } from './endpoint-queries.js';
import { EndpointsController } from './endpoints.controller.js';
import { FilterTrialController } from './filter-trial.controller.js';
import { FilterTrial } from './filter-trial.js';
import { TestOutcomes } from './test-outcomes.js';
import { TestSend } from './test-send.js';
import { TestTurns } from './test-turns.js';

/** The endpoints of customers: their routes, changes and test sends. */
@Module({
  imports: [AccessModule, ChangeLogModule, IdempotencyModule, LimitsModule, OutboxModule],
  controllers: [EndpointsController, FilterTrialController],
  providers: [
    DeletedEndpoints,
    EndpointChanges,
    EndpointHold,
    EndpointQueries,
    FilterTrial,
    TestOutcomes,
    TestSend,
    TestTurns,
  ],
  exports: [EndpointQueries],
})
export class EndpointsModule {}

import { Module } from '@nestjs/common';

import { DatabaseModule } from '../database/database.module.js';
import { EventLogEnd } from './event-log-end.js';
import { EventQueries } from './event-queries.js';
import { ProjectedEvents } from './projected-events.js';

/** Reads events from the audit. */
@Module({
  imports: [DatabaseModule],
  providers: [EventLogEnd, EventQueries, ProjectedEvents],
  exports: [EventQueries, ProjectedEvents],
})
export class EventQueriesModule {}

import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../changes/change-log.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { HealthWatch } from './health-watch.js';
import { LogProgress } from './log-progress.js';

/** Announces endpoints that fail, and disables those that fail for too long. */
@Module({
  imports: [ChangeLogModule, OutboxModule],
  providers: [HealthWatch, LogProgress],
})
export class HealthModule {}

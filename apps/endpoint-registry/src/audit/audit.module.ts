import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import { AuditController } from './audit.controller.js';
import { Reconciliation } from './reconciliation.js';

/** The routes that show who changed what, and whether the audit is complete. */
@Module({
  imports: [AccessModule, ChangesModule],
  controllers: [AuditController],
  providers: [Reconciliation],
})
export class AuditModule {}

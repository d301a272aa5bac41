import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { Reconciliation } from './reconciliation.js';

/** The routes that show who changed what, and whether the audit is complete. */
@Module({
  imports: [AccessModule, ChangesModule],
  controllers: [ReconciliationController],
  providers: [Reconciliation],
})
export class ReconciliationModule {}

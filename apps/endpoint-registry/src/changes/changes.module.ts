import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { ChangeList } from './change-list.js';
import { ChangeLogModule } from './change-log.module.js';
import { ChangeQueries } from './change-queries.js';

/** The list of changes. */
@Module({
  imports: [AccessModule, ChangeLogModule],
  providers: [ChangeList, ChangeQueries],
  exports: [ChangeList],
})
export class ChangesModule {}

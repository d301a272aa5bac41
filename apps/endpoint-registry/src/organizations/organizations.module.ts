import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../changes/change-log.module.js';
import { Bootstrap } from './bootstrap.js';
import { TokenChanges } from './token-changes.js';
import { Tokens } from './tokens.js';

/** Organisations and their tokens. */
@Module({
  imports: [ChangeLogModule],
  providers: [Bootstrap, TokenChanges, Tokens],
  exports: [Tokens],
})
export class OrganizationsModule {}

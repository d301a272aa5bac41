import { Module } from '@nestjs/common';

import { ListTurns } from './list-turns.js';
import { OrganizationTurns } from './organization-turns.js';

/** The limits of what an organisation does at a time. Each instance has one of each. */
@Module({ providers: [ListTurns, OrganizationTurns], exports: [ListTurns, OrganizationTurns] })
export class LimitsModule {}

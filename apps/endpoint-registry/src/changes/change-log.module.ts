import { Module } from '@nestjs/common';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { ChangeLog } from './change-log.js';

/** The log of changes, through which everything changes that it is about. */
@Module({
  providers: [
    {
      provide: ChangeLog,
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ secretsKey }: RegistrySettings) => new ChangeLog(secretsKey.box),
    },
  ],
  exports: [ChangeLog],
})
export class ChangeLogModule {}

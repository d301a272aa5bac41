import { Module } from '@nestjs/common';
import { CursorCodec, RequestLimits, TOKEN_DIRECTORY } from '@skillora/rest';

import { LimitsModule } from '../limits/limits.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { Tokens } from '../organizations/tokens.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { PagedLists } from './paged-lists.js';

/** What the routes of the API share: who may call them and how often, and the pages of their lists. */
@Module({
  imports: [LimitsModule, OrganizationsModule],
  providers: [
    { provide: TOKEN_DIRECTORY, useExisting: Tokens },
    {
      provide: RequestLimits,
      inject: [REGISTRY_SETTINGS],
      useFactory: (settings: RegistrySettings) => new RequestLimits(settings),
    },
    {
      provide: CursorCodec,
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ secretsKey }: RegistrySettings) => new CursorCodec(secretsKey.texts),
    },
    PagedLists,
  ],
  exports: [TOKEN_DIRECTORY, RequestLimits, PagedLists],
})
export class AccessModule {}

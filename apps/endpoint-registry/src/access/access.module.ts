import { Module } from '@nestjs/common';
import { CursorCodec, RequestLimits, TOKEN_DIRECTORY } from '@skillora/rest';

import { OrganizationsModule } from '../organizations/organizations.module.js';
import { Tokens } from '../organizations/tokens.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';

/** What the routes of the API share: who may call them and how often, and the cursors of their lists. */
@Module({
  imports: [OrganizationsModule],
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
  ],
  exports: [TOKEN_DIRECTORY, RequestLimits, CursorCodec],
})
export class AccessModule {}

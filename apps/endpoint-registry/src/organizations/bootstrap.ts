import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SCOPES } from '@skillora/contracts';
import { DataSource } from 'typeorm';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { Tokens } from './tokens.js';

/** Makes the first organisation and its token, if the settings name them and they are not there. */
@Injectable()
export class Bootstrap implements OnApplicationBootstrap {
  constructor(
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    private readonly dataSource: DataSource,
    private readonly tokens: Tokens,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { bootstrapOrganizationId: organizationId, bootstrapToken: token } = this.settings;
    if (organizationId === null) return;
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        "INSERT INTO organizations (id, name) VALUES ($1, 'First organisation') ON CONFLICT DO NOTHING",
        [organizationId],
      );
      if (token !== null) await this.tokens.ensure(manager, organizationId, token, SCOPES);
    });
  }
}

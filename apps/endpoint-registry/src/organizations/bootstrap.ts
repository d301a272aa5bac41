import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SCOPES } from '@skillora/contracts';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { service } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { createOrganization } from './organizations.js';
import { TokenChanges } from './token-changes.js';

/** Who the log of changes names. */
const BY = service('bootstrap');

/**
 * Creates the first organisation and its token, if the settings name them and they do not exist. The token
 * has every scope, including scopes of a newer release. A revoked token stays revoked, and a token of another
 * organisation is not changed.
 */
@Injectable()
export class Bootstrap implements OnApplicationBootstrap {
  constructor(
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly dataSource: DataSource,
    private readonly tokens: TokenChanges,
    private readonly log: ChangeLog,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { bootstrapOrganizationId: organizationId, bootstrapToken: token } = this.settings;
    if (organizationId === null) return;
    await this.dataSource.transaction(async (manager) => {
      await createOrganization(manager, this.log, BY, 'First organisation', organizationId);
      if (token === null) return;
      const choice = { name: 'bootstrap', scopes: SCOPES, expiresAt: null };
      const row = await this.tokens.ensure(manager, BY, organizationId, token, choice);
      if (row.organizationId === organizationId && row.revokedAt !== null) {
        this.logger.warn(
          { tokenId: row.id },
          'BOOTSTRAP_API_TOKEN was revoked and stays revoked. Set another token, or none',
        );
      }
      if (row.organizationId !== organizationId) {
        this.logger.warn(
          { tokenId: row.id, organizationId: row.organizationId },
          'BOOTSTRAP_API_TOKEN belongs to another organisation than BOOTSTRAP_ORGANIZATION_ID, so its scopes were not changed. Set another token',
        );
      }
    });
  }
}

import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { ChangeLog } from '../changes/change-log.js';
import { HourlyUpkeep } from '../database/hourly-upkeep.js';
import { forgetAnnouncedOfDeleted } from '../health/due-endpoints.js';
import { forgetUses } from '../limits/recent-uses.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { blankDeletedEndpoints } from './blank-deleted.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Erases the settings of endpoints that were deleted RETENTION_DAYS ago, see {@link blankDeletedEndpoints};
 * at the start and every hour.
 */
@Injectable()
export class DeletedEndpoints implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly upkeep = new HourlyUpkeep(
    () => this.keep(Date.now()),
    (error) => {
      this.logger.error(
        { err: error },
        'URLs and secrets of endpoints that were deleted RETENTION_DAYS ago could not be erased. The service tries again within the hour. Fix what the error names; until then these values stay stored',
      );
    },
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ChangeLog,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.upkeep.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.upkeep.stop();
  }

  /** One run. It also deletes what was announced of deleted endpoints, and recorded uses that no limit counts any more. */
  async keep(now: number): Promise<void> {
    const { retentionDays, secretsKey } = this.settings;
    const deletedBefore = new Date(now - retentionDays * DAY_MS);
    const blanked = await blankDeletedEndpoints(this.dataSource, this.log, secretsKey.box, deletedBefore);
    if (blanked > 0) {
      this.logger.info(
        { endpoints: blanked, days: retentionDays },
        'erased the URL, description and secrets of endpoints that were deleted RETENTION_DAYS ago',
      );
    }
    await forgetAnnouncedOfDeleted(this.dataSource.manager);
    await forgetUses(this.dataSource, new Date(now - HOUR_MS));
  }
}

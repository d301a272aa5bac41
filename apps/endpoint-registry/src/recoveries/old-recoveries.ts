import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { HourlyUpkeep } from '../database/hourly-upkeep.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';

/** Deletes recoveries that ended RETENTION_DAYS ago, as the audit does with its deliveries; every hour. */
@Injectable()
export class OldRecoveries implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly upkeep = new HourlyUpkeep(
    () => this.delete(),
    (error) => {
      this.logger.error(
        { err: error },
        'recoveries that ended RETENTION_DAYS ago could not be deleted. The service tries again within the hour; nothing else is affected. If this repeats, fix what the error names',
      );
    },
  );

  constructor(
    private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.upkeep.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep.stop();
  }

  async delete(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM recoveries WHERE settled_at IS NOT NULL AND ended_at < now() - make_interval(days => $1)`,
      [this.settings.retentionDays],
    );
  }
}

import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { forgetUses } from '../limits/recent-uses.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { blankDeletedEndpoints } from './blank-deleted.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Blanks endpoints that were deleted RETENTION_DAYS ago, see {@link blankDeletedEndpoints}; at the start and
 * every hour.
 */
@Injectable()
export class DeletedEndpoints implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const turn = (): void => {
      this.running = this.keep(Date.now()).catch((error: unknown) => {
        this.logger.error(
          { err: error },
          'URLs and secrets of endpoints deleted long ago could not be blanked this time. It is tried again within the hour; mend what the error names. Until then they stay longer than RETENTION_DAYS says',
        );
      });
    };
    turn();
    this.timer = setInterval(turn, HOUR_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }

  /** One turn. Uses that no limit counts any more are forgotten with it. */
  async keep(now: number): Promise<void> {
    const { retentionDays, secretsKey } = this.settings;
    const deletedBefore = new Date(now - retentionDays * DAY_MS);
    const blanked = await blankDeletedEndpoints(this.dataSource, secretsKey.box, deletedBefore);
    if (blanked > 0) {
      this.logger.info(
        { endpoints: blanked, days: retentionDays },
        'blanked URL, description and secrets of endpoints that were deleted RETENTION_DAYS ago',
      );
    }
    await forgetUses(this.dataSource, new Date(now - HOUR_MS));
  }
}

import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { HourlyUpkeep } from '../database/hourly-upkeep.js';
import { BUCKETS_LOCK, dropOldBuckets } from './old-buckets.js';

/** Drops buckets that no request can ask for any more, at the start and every hour. */
@Injectable()
export class BucketRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly upkeep = new HourlyUpkeep(
    () => this.keep(Date.now()),
    (error) => {
      this.logger.warn(
        { err: error },
        'old statistics could not be deleted. The service tries again within the hour; nothing else is affected',
      );
    },
  );

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.upkeep.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.upkeep.stop();
  }

  /** One run. If another instance or a rebuild holds the lock, this run does nothing. */
  async keep(now: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [lock] = await manager.query<{ held: boolean }[]>(
        'SELECT pg_try_advisory_xact_lock($1) AS held',
        [BUCKETS_LOCK],
      );
      if (lock?.held) await dropOldBuckets(manager, now);
    });
  }
}

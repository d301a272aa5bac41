import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { BUCKETS_LOCK, dropOldBuckets } from './old-buckets.js';

const HOUR_MS = 3_600_000;

/** Drops buckets nobody can ask for any more, at the start and every hour. */
@Injectable()
export class BucketRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const turn = (): void => {
      this.running = this.keep(Date.now()).catch((error: unknown) => {
        this.logger.warn(
          { err: error },
          'old statistics could not be dropped this time; it is tried again within the hour, and nothing else suffers',
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

  /** One turn. Another copy's turn, or a rebuild, makes this one needless or has it wait for the next. */
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

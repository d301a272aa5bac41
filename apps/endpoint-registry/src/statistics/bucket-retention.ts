import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { BUCKET_WIDTHS } from '../projection/attempt-buckets.js';
import { MINUTES_KEPT_MS } from './statistics-request.js';

const HOUR_MS = 3_600_000;
/** Hours are kept for so long, ms: there are few of them, and a year is what people compare with. */
const HOURS_KEPT_MS = 400 * 24 * HOUR_MS;

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

  /** One turn, with a margin: what may still be asked for is still there. */
  async keep(now: number): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM attempt_buckets
        WHERE (width = ${BUCKET_WIDTHS.minute} AND start < $1) OR (width = ${BUCKET_WIDTHS.hour} AND start < $2)`,
      [new Date(now - MINUTES_KEPT_MS - HOUR_MS), new Date(now - HOURS_KEPT_MS)],
    );
  }
}

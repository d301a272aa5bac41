import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';

import { isDatabaseAway } from './database-away.js';
import { DatabaseWentBack } from './database-went-back.js';

/** Remembers which partitions cannot continue, for readiness, and logs each outage once. */
@Injectable()
export class ProjectionHealth {
  /** The sentence to report for each part. */
  private readonly stuck = new Map<string, string>();
  private away = false;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Null when everything moves; else what is wrong, in our own words, because anybody may read it. */
  get problem(): string | null {
    if (this.away) return 'waits for PostgreSQL';
    const [first] = this.stuck.values();
    return first ?? null;
  }

  /** Work on `part` failed and will be tried again. */
  failed(part: string, error: unknown): void {
    const isOurs = error instanceof DatabaseWentBack;
    this.stuck.set(
      part,
      isOurs ? error.message : `${part} cannot be applied; the log of this instance says why`,
    );
    if (this.away || !isDatabaseAway(error)) return;
    this.away = true;
    this.logger.error(
      { err: error },
      'PostgreSQL does not answer. The projection waits and continues by itself; nothing is lost. Start PostgreSQL, or correct DATABASE_URL and restart this service',
    );
  }

  /** Work on `part` succeeded, or another instance owns it now. */
  cleared(part: string): void {
    this.stuck.delete(part);
  }

  /** The database has answered. */
  databaseAnswered(): void {
    if (!this.away) return;
    this.away = false;
    this.logger.info('PostgreSQL answers again; the projection continues');
  }
}

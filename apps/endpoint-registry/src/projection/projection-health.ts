import type { Logger } from '@skillora/operability';

import { isDatabaseAway } from './database-away.js';

/** Remembers which partitions cannot go on, for readiness, and tells the operator once about each outage. */
export class ProjectionHealth {
  private readonly stuck = new Set<string>();
  private away = false;

  constructor(private readonly logger: Logger) {}

  /** Null when everything moves, else what stands in the way, in words of our own: anybody may ask. */
  get problem(): string | null {
    if (this.away) return 'waits for PostgreSQL';
    const [first] = this.stuck;
    return first === undefined ? null : `${first} cannot be applied; the log of this instance says why`;
  }

  /** Work on `part` failed and will be tried again. */
  failed(part: string, error: unknown): void {
    this.stuck.add(part);
    if (this.away || !isDatabaseAway(error)) return;
    this.away = true;
    this.logger.error(
      { err: error },
      'PostgreSQL does not answer; the projection waits and goes on by itself, nothing is lost. Start PostgreSQL, or correct DATABASE_URL and restart',
    );
  }

  /** Work on `part` succeeded, or is no longer this copy's. */
  cleared(part: string): void {
    this.stuck.delete(part);
  }

  /** The database has answered. */
  databaseAnswered(): void {
    if (!this.away) return;
    this.away = false;
    this.logger.info('PostgreSQL answers again; the projection goes on');
  }
}

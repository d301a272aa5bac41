import type { Logger } from '@skillora/operability';

import { isDatabaseAway } from './database-away.js';

/** Remembers which partitions cannot go on, for readiness, and tells the operator once about each outage. */
export class ProjectionHealth {
  private readonly stuck = new Map<string, string>();
  private away = false;

  constructor(private readonly logger: Logger) {}

  /** Null when everything moves, else what stands in the way. */
  get problem(): string | null {
    if (this.away) return 'waits for PostgreSQL';
    const [first] = this.stuck;
    return first ? `${first[0]} cannot be applied: ${first[1]}` : null;
  }

  /** Work on `part` failed and will be tried again. */
  failed(part: string, error: unknown): void {
    this.stuck.set(part, error instanceof Error ? error.message : String(error));
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

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the retry schedule of an endpoint. Every endpoint has the standard one, as it had before. The release before
 * neither reads nor writes it. The default of a new column changes no row, so nothing is for the log of changes.
 */
export class RetrySchedules1764900000500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE endpoints ADD COLUMN retry_schedule text NOT NULL DEFAULT 'standard'");
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

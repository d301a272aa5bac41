import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the rate limit of an endpoint. The release before reads and writes none. */
export class RateLimitsOfEndpoints1764900000400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Attempts a second; null: any number.
      ALTER TABLE endpoints ADD COLUMN rate_limit smallint;
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds what was announced of endpoints that fail, so that nothing is announced twice. */
export class NoticesAboutEndpoints1764900000610 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE endpoint_notices (
        endpoint_id uuid PRIMARY KEY,
        -- The first failure, as it was known when it was announced.
        failing_since timestamptz(3) NOT NULL,
        -- The last of: failing, disabling_soon, disabled.
        level text NOT NULL
      );
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

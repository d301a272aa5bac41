import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds since when an endpoint is held. The release before neither reads nor writes it. */
export class HoldsOfEndpoints1764900000410 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Null: it is not held.
      ALTER TABLE endpoints ADD COLUMN held_since timestamptz(3);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

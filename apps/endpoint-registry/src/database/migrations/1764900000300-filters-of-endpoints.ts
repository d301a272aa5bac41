import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Stores which events of its types an endpoint wants, as its customer wrote it; null if it wants all. */
export class FiltersOfEndpoints1764900000300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE endpoints ADD COLUMN filter json');
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

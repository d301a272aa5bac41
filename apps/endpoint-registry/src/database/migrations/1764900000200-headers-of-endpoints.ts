import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stores the extra headers of an endpoint, `[{name, sealedValue}]`, and how its requests authenticate themselves, with
 * encrypted secrets; null if they do not. A constant default rewrites no row.
 */
export class HeadersOfEndpoints1764900000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "ALTER TABLE endpoints ADD COLUMN headers jsonb NOT NULL DEFAULT '[]', ADD COLUMN authentication jsonb",
    );
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

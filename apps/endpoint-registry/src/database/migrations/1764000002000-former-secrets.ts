import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stores the former secrets of an endpoint, encrypted, for as long as its owner asked for: `[{sealedSecret,
 * expiresAt}]`.
 */
export class FormerSecrets1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE endpoints ADD COLUMN former_secrets jsonb NOT NULL DEFAULT '[]'");
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

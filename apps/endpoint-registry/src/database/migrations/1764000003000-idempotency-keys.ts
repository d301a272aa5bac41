import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stores the answers to creations for a day, so that a client that did not receive its answer can ask again.
 */
export class IdempotencyKeys1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_keys (
        organization_id uuid NOT NULL REFERENCES organizations,
        key text NOT NULL,
        -- The request and its answer, which holds a secret.
        sealed_exchange text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        -- When what was created was known to be in effect; null while the first request is under way.
        settled_at timestamptz(3),
        PRIMARY KEY (organization_id, key)
      );
      CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

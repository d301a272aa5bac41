import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gives every token an id for operators, because its hash must not be shown. */
export class TokenIds1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_tokens ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
      ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_id UNIQUE (id);
      CREATE INDEX api_tokens_of_organization ON api_tokens (organization_id);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

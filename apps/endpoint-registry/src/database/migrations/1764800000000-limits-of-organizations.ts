import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the limits of an organisation: how many endpoints it can have, if an operator has set a limit, and its
 * recent uses of rate-limited actions. The release before reads and writes neither.
 */
export class LimitsOfOrganizations1764800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Null: MAX_ENDPOINTS, as the service is set.
      ALTER TABLE organizations ADD COLUMN max_endpoints integer;

      CREATE TABLE recent_uses (
        organization_id uuid NOT NULL REFERENCES organizations,
        -- What is limited: test sends of an endpoint, or an organisation's retries by hand.
        kind text NOT NULL,
        -- The endpoint, or the organisation.
        subject uuid NOT NULL,
        -- The newest first; no more than the limit counts.
        used_at timestamptz(3)[] NOT NULL,
        -- The use that is under way ends until then; null when none is.
        busy_until timestamptz(3),
        PRIMARY KEY (organization_id, kind, subject)
      );
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

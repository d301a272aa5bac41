import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables whose rows change together with an entry of the log of changes, or not at all. */
const LOGGED = ['endpoints', 'api_tokens', 'organizations'];

/**
 * The log of changes. Services of this release cannot change what it is about without an entry: triggers refuse it. They
 * say so of themselves by the setting `webhook.log_changes`, since the release before runs beside this schema and knows
 * nothing of it. A later migration that changes rows of these tables sets it to `off` for its transaction.
 */
export class LogOfChanges1764900000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE changes (
        organization_id uuid NOT NULL REFERENCES organizations,
        -- The place in the organisation's chain, from 1 on.
        number bigint NOT NULL,
        -- Sorts as the numbers do.
        id uuid NOT NULL,
        created_at timestamptz(3) NOT NULL,
        actor_type text NOT NULL,
        actor_id uuid,
        actor_name text,
        address text,
        request_id text,
        action text NOT NULL,
        object_id uuid NOT NULL,
        before jsonb,
        after jsonb,
        previous_hash bytea NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (organization_id, number)
      );
      -- Lists ask for each action separately and merge, so that none is so rare that rows must be read in vain.
      CREATE INDEX changes_of_organization ON changes (organization_id, action, created_at, id);
      CREATE INDEX changes_of_object ON changes (object_id, created_at, id);
      CREATE INDEX changes_of_actor ON changes (actor_id, action, created_at, id) WHERE actor_id IS NOT NULL;

      -- Where the chain ends. It says so apart from the entries, so that one missing at the end is noticed.
      ALTER TABLE organizations
        ADD COLUMN changes_count bigint NOT NULL DEFAULT 0,
        ADD COLUMN changes_hash bytea,
        ADD COLUMN changes_at timestamptz(3);

      CREATE FUNCTION demand_logged_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF current_setting('webhook.log_changes', true) = 'on'
           AND current_setting('webhook.change', true) IS DISTINCT FROM 'open' THEN
          RAISE EXCEPTION 'rows of % change together with an entry of the log of changes alone', TG_TABLE_NAME
            USING HINT = 'Change them within ChangeLog.change or ChangeLog.act.';
        END IF;
        RETURN NULL;
      END $$;
      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'entries of the log of changes stay as they are';
      END $$;
    `);
    for (const table of LOGGED) {
      await runner.query(
        `CREATE TRIGGER ${table}_logged BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
           FOR EACH STATEMENT EXECUTE FUNCTION demand_logged_change()`,
      );
    }
    await runner.query(`
      -- Retention deletes old rounds, which is no change of anything.
      CREATE TRIGGER requested_rounds_logged BEFORE INSERT OR UPDATE ON requested_rounds
        FOR EACH STATEMENT EXECUTE FUNCTION demand_logged_change();
      CREATE TRIGGER changes_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON changes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

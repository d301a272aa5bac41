import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the projection could not read because it was deleted before. No log tells of it, so it does not stand among the
 * projected tables, and a rebuild leaves it alone.
 */
export class LogGaps1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE log_gaps (
        topic text NOT NULL,
        partition integer NOT NULL,
        -- The first offset that is missing, and the first that is there again.
        from_offset bigint NOT NULL,
        to_offset bigint NOT NULL,
        noticed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (topic, partition, from_offset)
      );
      CREATE INDEX log_gaps_noticed ON log_gaps (noticed_at);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which delivery a round was asked for: one that was made once more, long after the first, has the same id.
 * Null where a release that does not write it has allocated the round.
 */
export class RoundsOfDeliveries1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE requested_rounds ADD COLUMN delivery_created_at timestamptz(3)');
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

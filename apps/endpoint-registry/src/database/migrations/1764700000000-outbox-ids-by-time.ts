import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Ids of the outbox begin at the time of this migration, in µs since 1970. Kafka remembers the ids of the rows that were
 * written last. A database made later therefore never has a row with one of these ids, and no row is taken for written.
 */
export class OutboxIdsByTime1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SELECT setval(
        pg_get_serial_sequence('outbox', 'id'),
        greatest(
          nextval(pg_get_serial_sequence('outbox', 'id')),
          (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
        )
      )`);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

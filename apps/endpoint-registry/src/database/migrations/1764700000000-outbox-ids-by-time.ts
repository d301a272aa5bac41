import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets the ids of the outbox begin at the time of this migration, in µs since 1970. Kafka remembers the ids
 * of the last rows that were written. A database that is created later never uses one of these ids again, so
 * no new row is mistaken for a written one.
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

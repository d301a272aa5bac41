import { Topics } from '@skillora/contracts';
import { DataSource, type QueryRunner } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { existingRanges, PARTITIONED_TABLES, partitionStatements } from '../table-partitions.js';

/** The schema of the new set of projected tables, beside the one in use. */
export const SHADOW_SCHEMA = 'projection_next';
const FORMER_SCHEMA = 'projection_former';

/** Connects to the same database, so that the same code works on the shadow set. */
export async function connectToShadow(dataSource: DataSource): Promise<DataSource> {
  const options = dataSource.options as PostgresDataSourceOptions;
  return new DataSource({
    ...options,
    migrations: [],
    poolSize: 4,
    extra: { ...(options.extra as object), options: `-c search_path=${SHADOW_SCHEMA},public` },
  }).initialize();
}

/**
 * Creates an empty set with the structure of the one in use; the rest of a run that died is removed first.
 */
export async function makeShadow(runner: QueryRunner): Promise<void> {
  await dropShadow(runner);
  await inOne(runner, 'READ COMMITTED', () => copyPattern(runner));
}

async function copyPattern(runner: QueryRunner): Promise<void> {
  await runner.query(`CREATE SCHEMA ${SHADOW_SCHEMA}`);
  const tables = (await runner.query(
    `SELECT relname AS name, CASE relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(oid) ELSE '' END AS cut,
            CASE WHEN reloptions IS NULL THEN '' ELSE 'WITH (' || array_to_string(reloptions, ', ') || ')' END AS stored
       FROM pg_class
      WHERE relnamespace = $1::regnamespace AND relkind IN ('p', 'r') AND NOT relispartition`,
    [PROJECTION_SCHEMA],
  )) as { name: string; cut: string; stored: string }[];
  for (const { name, cut, stored } of tables) {
    await runner.query(
      `CREATE TABLE ${SHADOW_SCHEMA}.${name} (LIKE ${PROJECTION_SCHEMA}.${name} INCLUDING ALL EXCLUDING INDEXES) ${cut} ${stored}`,
    );
  }
  const keys = (await runner.query(
    `SELECT relname AS name, conname AS key, pg_get_constraintdef(k.oid) AS definition
       FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
      WHERE t.relnamespace = $1::regnamespace AND NOT t.relispartition AND k.contype IN ('p', 'u')`,
    [PROJECTION_SCHEMA],
  )) as { name: string; key: string; definition: string }[];
  for (const { name, key, definition } of keys) {
    await runner.query(`ALTER TABLE ${SHADOW_SCHEMA}.${name} ADD CONSTRAINT ${key} ${definition}`);
  }
  // Constraints are renamed too, because a later migration may refer to their names.
  const indexes = (await runner.query(
    `SELECT pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
      WHERE t.relnamespace = $1::regnamespace AND NOT t.relispartition
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)`,
    [PROJECTION_SCHEMA],
  )) as { definition: string }[];
  for (const { definition } of indexes) {
    await runner.query(
      definition.replace(new RegExp(` ON (ONLY )?${PROJECTION_SCHEMA}\\.`), ` ON ${SHADOW_SCHEMA}.`),
    );
  }
  for (const range of await existingRanges(runner)) {
    await runner.query(partitionStatements(SHADOW_SCHEMA, range).join(';\n'));
  }
}

/** Runs `work` in one transaction. */
export async function inOne<T>(
  runner: QueryRunner,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ',
  work: () => Promise<T>,
): Promise<T> {
  await runner.startTransaction(isolation);
  try {
    const result = await work();
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** Updates the statistics of the new tables; otherwise the first readers would get plans for empty tables. */
export async function analyzeShadow(runner: QueryRunner): Promise<void> {
  for (const table of [
    ...Object.keys(PARTITIONED_TABLES),
    'endpoint_statistics',
    'attempt_buckets',
    'endpoint_health',
    'endpoint_failures',
  ]) {
    await runner.query(`ANALYZE ${SHADOW_SCHEMA}.${table}`);
  }
}

/**
 * Swaps the shadow set in, with the commit of the transaction. Its position in the topic of endpoints is that
 * of the set in use, because deletions come from the table of endpoints and not from the log.
 */
export async function swap(runner: QueryRunner): Promise<void> {
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.projection_offsets SELECT * FROM ${PROJECTION_SCHEMA}.projection_offsets WHERE topic = $1
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [Topics.endpoints],
  );
  await runner.query(`ALTER SCHEMA ${PROJECTION_SCHEMA} RENAME TO ${FORMER_SCHEMA}`);
  await runner.query(`ALTER SCHEMA ${SHADOW_SCHEMA} RENAME TO ${PROJECTION_SCHEMA}`);
}

/** Drops the set that is not in use. It waits for current readers; nobody waits for it. */
export async function dropShadow(runner: QueryRunner): Promise<void> {
  await runner.query(`DROP SCHEMA IF EXISTS ${SHADOW_SCHEMA} CASCADE`);
  await runner.query(`DROP SCHEMA IF EXISTS ${FORMER_SCHEMA} CASCADE`);
}

/**
 * A partition that retention has detached and not yet dropped: its rows count nowhere until it is dropped.
 */
export async function retentionIsHalfWay(runner: QueryRunner): Promise<boolean> {
  const [found] = (await runner.query(
    `SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND NOT relispartition
                       AND relname ~ '_([0-9]{8}|earlier)$')
         OR EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE c.relnamespace = $1::regnamespace AND i.inhdetachpending) AS half`,
    [PROJECTION_SCHEMA],
  )) as { half: boolean }[];
  return found?.half ?? false;
}

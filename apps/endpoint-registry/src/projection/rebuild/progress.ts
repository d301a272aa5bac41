import { Topics } from '@skillora/contracts';
import type { QueryRunner } from 'typeorm';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { partitionName } from './log-reader.js';
import { RebuildRefused } from './rebuild-refused.js';

/** How far a rebuild is. */
export interface Progress {
  /** Sum of the next offsets of the shadow set. */
  readonly at: bigint;
  /** How far the set in use is ahead. */
  readonly behind: bigint;
  /** The next offsets of the shadow set, by {@link partitionName}. */
  readonly next: ReadonlyMap<string, bigint>;
  /**
   * The next offsets of the set in use. The shadow set does not pass them, because it would know of changes
   * before the other.
   */
  readonly live: ReadonlyMap<string, bigint>;
}

/** How far the shadow set is, with the tables of a schema in its place. */
export async function progressOf(runner: QueryRunner, schema: string): Promise<Progress> {
  const rows = (await runner.query(
    `SELECT topic, partition, coalesce(made.next_offset, 0) AS made, coalesce(live.next_offset, 0) AS live
       FROM ${schema}.projection_offsets AS made
       FULL JOIN ${PROJECTION_SCHEMA}.projection_offsets AS live USING (topic, partition)
      WHERE topic <> $1`,
    [Topics.endpoints],
  )) as { topic: string; partition: number; made: string; live: string }[];
  let [at, behind] = [0n, 0n];
  const next = new Map<string, bigint>();
  const ends = new Map<string, bigint>();
  for (const { topic, partition, made, live } of rows) {
    const name = partitionName({ topic, partition });
    next.set(name, BigInt(made));
    ends.set(name, BigInt(live));
    at += BigInt(made);
    if (BigInt(live) > BigInt(made)) behind += BigInt(live) - BigInt(made);
  }
  return { at, behind, next, live: ends };
}

/**
 * The topics of the running projection. Deletions are in the table of endpoints, which is not projected.
 */
export async function projectedTopics(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(
    `SELECT DISTINCT topic FROM ${PROJECTION_SCHEMA}.projection_offsets WHERE topic <> $1 ORDER BY topic`,
    [Topics.endpoints],
  )) as { topic: string }[];
  if (rows.length === 0) {
    throw new RebuildRefused('the projection has not applied anything yet, so there is nothing to rebuild');
  }
  return rows.map(({ topic }) => topic);
}

/** Distinguishes one shape of the tables from another. */
export async function migrationsOf(runner: QueryRunner): Promise<string> {
  const rows = (await runner.query('SELECT name FROM migrations ORDER BY name')) as { name: string }[];
  return rows.map(({ name }) => name).join();
}

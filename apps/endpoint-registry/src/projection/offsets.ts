import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { queryPrepared } from '../database/prepared-queries.js';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition and the next offset to apply. */
export interface NextOffset extends TopicPartition {
  readonly next: bigint;
}

/**
 * The next offset to apply for each partition, in the given order; 0 when none was applied. The rows are
 * locked until the transaction ends. So two instances that both believe that they own a partition apply its
 * records one after the other, and the second sees the work of the first.
 */
export async function lockNextOffsets(
  client: PoolClient,
  partitions: readonly TopicPartition[],
): Promise<bigint[]> {
  const wanted = [partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)];
  const lock = async (): Promise<Map<string, bigint>> => {
    const { rows } = await queryPrepared<{ topic: string; partition: number; next_offset: string }>(
      client,
      `SELECT topic, partition, next_offset FROM projection_offsets
        WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
        ORDER BY topic, partition FOR NO KEY UPDATE`,
      wanted,
    );
    return new Map(rows.map((row) => [`${row.topic}/${row.partition}`, BigInt(row.next_offset)]));
  };
  let found = await lock();
  if (found.size < partitions.length) {
    await queryPrepared(
      client,
      `INSERT INTO projection_offsets (topic, partition, next_offset)
       SELECT topic, partition, 0 FROM unnest($1::text[], $2::integer[]) AS wanted (topic, partition)
        ORDER BY topic, partition
       ON CONFLICT DO NOTHING`,
      wanted,
    );
    found = await lock();
  }
  return partitions.map(({ topic, partition }) => found.get(`${topic}/${partition}`) ?? 0n);
}

/** Moves the offsets of partitions whose rows {@link lockNextOffsets} has locked. */
export async function moveNextOffsets(client: PoolClient, moved: readonly NextOffset[]): Promise<void> {
  if (moved.length === 0) return;
  await queryPrepared(
    client,
    `UPDATE projection_offsets AS known SET next_offset = moved.next_offset
       FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS moved (topic, partition, next_offset)
      WHERE known.topic = moved.topic AND known.partition = moved.partition`,
    [
      moved.map(({ topic }) => topic),
      moved.map(({ partition }) => partition),
      moved.map(({ next }) => String(next)),
    ],
  );
}

/** The stored offsets of the given partitions; partitions that were never read are absent. */
export async function storedOffsets(
  dataSource: DataSource,
  partitions: readonly TopicPartition[],
): Promise<(TopicPartition & { offset: bigint })[]> {
  const rows = await dataSource.query<{ topic: string; partition: number; next_offset: string }[]>(
    `SELECT topic, partition, next_offset
       FROM projection_offsets JOIN unnest($1::text[], $2::integer[]) AS wanted (topic, partition) USING (topic, partition)`,
    [partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  );
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, offset: BigInt(next_offset) }));
}

/** Sets where a partition continues, for a recreated log. */
export async function restartAt(
  dataSource: DataSource,
  { topic, partition }: TopicPartition,
  offset: bigint,
): Promise<void> {
  await dataSource.query(
    `INSERT INTO projection_offsets (topic, partition, next_offset) VALUES ($1, $2, $3)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [topic, partition, String(offset)],
  );
}

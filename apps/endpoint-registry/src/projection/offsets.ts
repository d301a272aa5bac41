import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * The next offset to apply of a partition, 0 when none has been. The row is locked until the transaction ends, so two
 * copies that both believe they own the partition apply its records one after the other, and the second sees what the
 * first has done.
 */
export async function lockNextOffset(
  client: PoolClient,
  { topic, partition }: TopicPartition,
): Promise<bigint> {
  const lock = async (): Promise<string | undefined> => {
    const { rows } = await client.query<{ next_offset: string }>(
      'SELECT next_offset FROM projection_offsets WHERE topic = $1 AND partition = $2 FOR NO KEY UPDATE',
      [topic, partition],
    );
    return rows[0]?.next_offset;
  };
  let next = await lock();
  if (next === undefined) {
    await client.query(
      'INSERT INTO projection_offsets (topic, partition, next_offset) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING',
      [topic, partition],
    );
    next = await lock();
  }
  return BigInt(next ?? 0);
}

/** Moves a partition whose row {@link lockNextOffset} has locked. */
export async function moveNextOffset(
  client: PoolClient,
  { topic, partition }: TopicPartition,
  next: bigint,
): Promise<void> {
  await client.query('UPDATE projection_offsets SET next_offset = $3 WHERE topic = $1 AND partition = $2', [
    topic,
    partition,
    String(next),
  ]);
}

/** What is stored of the partitions named; those never read are absent. */
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

/** Sets where a partition goes on, for a log that begins anew. */
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

import type { UnreadGap } from '@skillora/kafka';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { inTransaction } from './transaction.js';

/** A gap and when it was noticed. The deleted records are older. */
export interface NotedGap extends UnreadGap {
  readonly noticedAt: Date;
}

/**
 * Stores a gap that the projection could not read, and lets the projection continue behind it. A known gap is
 * not stored again, and a higher offset stays.
 */
export async function noteGap(
  dataSource: DataSource,
  { topic, partition, from, to }: UnreadGap,
): Promise<void> {
  await inTransaction(dataSource, async (client) => {
    await client.query(
      `INSERT INTO log_gaps AS known (topic, partition, from_offset, to_offset) VALUES ($1, $2, $3, $4)
       ON CONFLICT (topic, partition, from_offset)
       DO UPDATE SET to_offset = greatest(known.to_offset, excluded.to_offset)`,
      [topic, partition, String(from), String(to)],
    );
    await client.query(
      `INSERT INTO projection_offsets AS known (topic, partition, next_offset) VALUES ($1, $2, $3)
       ON CONFLICT (topic, partition)
       DO UPDATE SET next_offset = greatest(known.next_offset, excluded.next_offset)`,
      [topic, partition, String(to)],
    );
  });
}

/** The gaps that were noticed after a time, oldest first, and their number. */
export async function gapsNoticedAfter(
  client: PoolClient,
  after: Date,
  most: number,
): Promise<{ gaps: NotedGap[]; count: number }> {
  const { rows } = await client.query<{
    topic: string;
    partition: number;
    from_offset: string;
    to_offset: string;
    noticed_at: Date;
    count: number;
  }>(
    `SELECT topic, partition, from_offset, to_offset, noticed_at, count(*) OVER ()::integer AS count
       FROM log_gaps WHERE noticed_at > $1
      ORDER BY noticed_at, topic, partition, from_offset LIMIT $2`,
    [after, most],
  );
  return {
    count: rows[0]?.count ?? 0,
    gaps: rows.map((row) => ({
      topic: row.topic,
      partition: row.partition,
      from: BigInt(row.from_offset),
      to: BigInt(row.to_offset),
      noticedAt: row.noticed_at,
    })),
  };
}

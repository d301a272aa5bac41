import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';

import {
  holds,
  type PartitionRange,
  partitionWidthMs,
  rangeFor,
  rangeName,
  readBound,
  writeBound,
} from './partition-range.js';
import { RETENTION_DAYS } from './retention-days.js';

/**
 * The tables that are partitioned by time, all with the same ranges, and the column that decides for each.
 */
export const PARTITIONED_TABLES = {
  events: 'created_at',
  deliveries: 'created_at',
  attempts: 'delivery_created_at',
  fan_outs: 'accepted_at',
} as const;

/** The keys of advisory locks; any numbers that nothing else in the database uses. */
const PARTITIONS_LOCK = 7_306_640_291_558_134n;
const LOOK_AGAIN_MS = 60_000;

/**
 * The partitions of the projected tables in the first schema of the data source. A partition is created
 * before it is needed, by the instance that needs it first. This blocks nobody, because an empty table is
 * attached. Instances may have different retention settings.
 */
@Injectable()
export class TablePartitions {
  private ranges: PartitionRange[] = [];
  private lookedAt = -Infinity;
  private dropped = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(RETENTION_DAYS) private readonly retentionDays: number,
  ) {}

  /** Older data has been dropped, or is about to be, and must not come back; ms since the epoch. */
  get droppedBefore(): number {
    return this.dropped;
  }

  /**
   * Resolves when there is a partition for each of the times that is not older than {@link droppedBefore}.
   */
  async cover(times: Iterable<number>): Promise<void> {
    if (Date.now() - this.lookedAt > LOOK_AGAIN_MS) await this.look(this.dataSource);
    let last: PartitionRange | undefined;
    const missing: number[] = [];
    for (const time of times) {
      if (time < this.dropped || (last && holds(last, time))) continue;
      last = this.ranges.find((range) => holds(range, time));
      if (!last) missing.push(time);
    }
    if (missing.length > 0) await this.make(missing);
  }

  /** Creates the partitions of the present span and the next one. */
  coverAhead(): Promise<void> {
    const now = Date.now();
    return this.cover([now, now + partitionWidthMs(this.retentionDays)]);
  }

  /** Reads the partitions again before the next use, because the known ones turned out to be wrong. */
  forget(): void {
    this.lookedAt = -Infinity;
  }

  private async make(times: readonly number[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [String(PARTITIONS_LOCK)]);
      await this.look(manager);
      const [found] = await manager.query<{ schema: string }[]>(
        `SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = 'deliveries'::regclass`,
      );
      if (!found) throw new Error('the tables of the projection are not there');
      const options = { widthMs: partitionWidthMs(this.retentionDays), now: Date.now() };
      for (const time of times) {
        if (time < this.dropped || this.ranges.some((range) => holds(range, time))) continue;
        const range = rangeFor(time, this.ranges, options);
        await manager.query(partitionStatements(found.schema, range).join(';\n'));
        this.ranges.push(range);
      }
    });
  }

  private async look(from: Pick<DataSource, 'query'>): Promise<void> {
    this.ranges = await existingRanges(from);
    const [state] = await from.query<{ dropped_before: Date | null }[]>(
      'SELECT dropped_before FROM retention',
    );
    this.dropped = state?.dropped_before?.getTime() ?? -Infinity;
    this.lookedAt = Date.now();
  }
}

/** The ranges with partitions; `leaving` adds ranges whose partitions are only half detached. */
export async function existingRanges(
  from: Pick<DataSource, 'query'> | Pick<QueryRunner, 'query'>,
  leaving = false,
): Promise<PartitionRange[]> {
  const rows = (await from.query(
    `SELECT pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'deliveries'::regclass AND (NOT i.inhdetachpending OR $1)`,
    [leaving],
  )) as { bound: string }[];
  return rows.map(({ bound }) => readBound(bound));
}

/** The statements that create the partitions of a range in a schema, one for each table. */
export function partitionStatements(schema: string, range: PartitionRange): string[] {
  return Object.keys(PARTITIONED_TABLES).flatMap((table) => {
    const partition = `${schema}.${table}_${rangeName(range)}`;
    return [
      `CREATE TABLE ${partition} (LIKE ${schema}.${table} INCLUDING DEFAULTS)`,
      `ALTER TABLE ${schema}.${table} ATTACH PARTITION ${partition} ${writeBound(range)}`,
    ];
  });
}

import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource, type QueryRunner } from 'typeorm';

import { HourlyUpkeep } from '../database/hourly-upkeep.js';
import { dropObsoleteFailures } from './obsolete-failures.js';
import { DAY_MS, expired, type PartitionRange, rangeName } from './partition-range.js';
import { existingRanges, PARTITIONED_TABLES, TablePartitions } from './table-partitions.js';
import { RETENTION_DAYS } from './retention-days.js';

/** The key of the advisory lock for dropping or rebuilding tables; any number that nothing else uses. */
export const RETENTION_LOCK = '7306640291558136';

const TABLES = Object.keys(PARTITIONED_TABLES);

/**
 * Drops data that is older than the retention, partition by partition, and creates partitions that will soon
 * be needed; at the start and every hour. Detaching waits for readers of the partition and blocks nobody. The
 * statistics still count dropped data. Of several instances, one does this at a time.
 */
@Injectable()
export class Retention {
  private readonly upkeep = new HourlyUpkeep(
    () => this.keep(),
    (error) => {
      this.logger.error(
        { err: error },
        'partitions of the audit tables could not be created or dropped. The service tries again within the hour; until then data older than RETENTION_DAYS may remain. If this repeats, fix what the error names',
      );
    },
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: TablePartitions,
    @Inject(RETENTION_DAYS) private readonly retentionDays: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.upkeep.start();
  }

  /** Resolves when the current run has ended. */
  async stop(): Promise<void> {
    await this.upkeep.stop();
  }

  /** One run. It also finishes what an earlier run, on any instance, left half done. */
  async keep(now = Date.now()): Promise<void> {
    await this.partitions.coverAhead();
    const runner = this.dataSource.createQueryRunner();
    try {
      const [lock] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [RETENTION_LOCK])) as [
        { held: boolean },
      ];
      if (!lock.held) return;
      try {
        // While this waits for a lock, all others wait behind it, so it rather tries again later.
        await runner.query(`SET lock_timeout = '2s'`);
        for (const range of expired(await existingRanges(runner, true), this.retentionDays, now)) {
          await this.detach(runner, range);
        }
        for (const name of await detachedNames(runner)) await this.drop(runner, name);
        await dropObsoleteFailures(this.dataSource, new Date(now - this.retentionDays * DAY_MS));
        // The records of a gap were written before it was noticed, so their data would have been dropped by
        // now.
        await runner.query(
          'DELETE FROM log_gaps WHERE noticed_at < $1::timestamptz - make_interval(days => $2)',
          [new Date(now), this.retentionDays],
        );
      } finally {
        await runner.query('RESET lock_timeout');
        await runner.query('SELECT pg_advisory_unlock($1)', [RETENTION_LOCK]);
      }
    } finally {
      await runner.release();
      this.partitions.forget();
    }
  }

  /** From the first statement on nothing is written to it: see {@link TablePartitions.droppedBefore}. */
  private async detach(runner: QueryRunner, range: PartitionRange): Promise<void> {
    await runner.query('UPDATE retention SET dropped_before = greatest(dropped_before, $1)', [
      new Date(range.to),
    ]);
    // The deliveries come last: while they are attached, the range counts as existing and the others are
    // tried again.
    for (const table of [...TABLES.filter((each) => each !== 'deliveries'), 'deliveries']) {
      const partition = `${table}_${rangeName(range)}`;
      const [state] = (await runner.query(
        `SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass($1)`,
        [partition],
      )) as { pending: boolean }[];
      if (!state) continue;
      await runner.query(
        `ALTER TABLE ${table} DETACH PARTITION ${await schemaOf(runner)}.${partition} ${state.pending ? 'FINALIZE' : 'CONCURRENTLY'}`,
      );
    }
  }

  private async drop(runner: QueryRunner, name: string): Promise<void> {
    const schema = await schemaOf(runner);
    const [deliveries, attempts] = [`${schema}.deliveries_${name}`, `${schema}.attempts_${name}`];
    const begun = performance.now();
    await runner.startTransaction();
    try {
      await runner.query(
        `INSERT INTO retired_statistics AS known (endpoint_id, total_deliveries, failed_deliveries, last_triggered_at)
         SELECT endpoint_id, count(*) FILTER (WHERE attempt_count > 0), count(*) FILTER (WHERE status = 'failed'), greatest(max(last), max(d.first_started_at))
           FROM ${deliveries} AS d
           LEFT JOIN (SELECT delivery_id, delivery_created_at, max(started_at) AS last
                        FROM ${attempts} GROUP BY delivery_id, delivery_created_at) AS made
             ON made.delivery_id = d.id AND made.delivery_created_at = d.created_at
          GROUP BY endpoint_id
         HAVING bool_or(d.attempt_count > 0 OR d.status = 'failed')
         ON CONFLICT (endpoint_id) DO UPDATE SET
           total_deliveries = known.total_deliveries + excluded.total_deliveries,
           failed_deliveries = known.failed_deliveries + excluded.failed_deliveries,
           last_triggered_at = greatest(known.last_triggered_at, excluded.last_triggered_at)`,
      );
      await runner.query(`DROP TABLE ${TABLES.map((table) => `${schema}.${table}_${name}`).join(', ')}`);
      await runner.query(
        'DELETE FROM requested_rounds WHERE requested_at < $1::timestamptz - make_interval(days => $2)',
        [new Date(), this.retentionDays],
      );
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    }
    this.logger.info(
      { from: name, days: this.retentionDays, ms: Math.round(performance.now() - begun) },
      'dropped a partition of the audit tables that was older than RETENTION_DAYS',
    );
  }
}

async function schemaOf(runner: QueryRunner): Promise<string> {
  const [found] = (await runner.query(
    `SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = 'deliveries'::regclass`,
  )) as { schema: string }[];
  if (!found) throw new Error('the tables of the projection are not there');
  return found.schema;
}

/** The ranges whose tables are all detached but not dropped. */
async function detachedNames(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(
    `SELECT substring(relname FROM '_([0-9]{8}|earlier)$') AS name
       FROM pg_class
      WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'deliveries'::regclass)
        AND relkind = 'r' AND NOT relispartition
        AND relname ~ ('^(' || $1 || ')_([0-9]{8}|earlier)$')
      GROUP BY name HAVING count(*) = $2`,
    [TABLES.join('|'), TABLES.length],
  )) as { name: string }[];
  return rows.map(({ name }) => name);
}

import { setTimeout as delay } from 'node:timers/promises';

import { Topics } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';
import type { PoolClient } from 'pg';
import { Registry } from 'prom-client';
import type { DataSource, QueryRunner } from 'typeorm';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { BUCKETS_LOCK, dropOldBuckets } from '../../statistics/old-buckets.js';
import { Partitions } from '../partitions.js';
import { ProjectionMetrics } from '../projection-metrics.js';
import { Projector } from '../projector.js';
import { RETENTION_LOCK } from '../retention.js';
import { holdTables, inTransaction } from '../transaction.js';
import { carryOver, lastRetiredAttempt } from './carry-over.js';
import { databaseTime, keepChangedAt, releaseChangedAt, takeOverChangedAt } from './changed-at.js';
import { cutFor } from './cut.js';
import { completeSince, logRanges, type LogRange } from './log-beginning.js';
import { LogReader, partitionName } from './log-reader.js';
import {
  analyzeShadow,
  connectToShadow,
  dropShadow,
  makeShadow,
  retentionIsHalfWay,
  SHADOW_SCHEMA,
  swap,
} from './shadow-tables.js';

export interface RebuildParts {
  /** Connected as the services are. */
  readonly dataSource: DataSource;
  readonly kafka: Kafka;
  readonly retentionDays: number;
  readonly logger: Logger;
  /** Called with the progress, every few seconds. */
  readonly onProgress: (line: string) => void;
}

export interface Rebuilt {
  /** How many offsets of the log were passed. */
  readonly read: number;
  /** Older deliveries that the log no longer holds and that were copied. */
  readonly carriedOver: number;
  /** How long the running projection had to wait, ms. */
  readonly heldMs: number;
}

/** Why the projection cannot be rebuilt now, in one line for the operator; nothing was changed. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 5_000;
/** Nothing was read for this long although there are more records: the brokers or the database are down. */
const STALLED_AFTER_MS = 120_000;
/** When the shadow set is this close to the end, the swap is tried: the rest takes only a moment. */
const NEAR = 5_000n;
/** How long one try may hold up the running projection. */
const HOLD_AT_MOST_MS = 5_000;

/**
 * Builds the projected tables again from the log, while services run: first beside those in use, then in
 * their place. Until the swap, the tables in use are not touched; when it throws, or its process dies,
 * nothing has changed.
 * @throws {RebuildRefused}
 */
export async function rebuildProjection(parts: RebuildParts): Promise<Rebuilt> {
  const runner = parts.dataSource.createQueryRunner();
  const admin = parts.kafka.admin();
  let locked = false;
  try {
    await runner.connect();
    locked = await lock(runner);
    if (!locked) {
      throw new RebuildRefused(
        'another rebuild is under way, or retention drops a partition just now: run this again when it has ended',
      );
    }
    if (await retentionIsHalfWay(runner)) {
      throw new RebuildRefused(
        'retention has not finished dropping a partition: endpoint-registry finishes that within the hour, so run this again then',
      );
    }
    await admin.connect();
    return await new Rebuild(parts, runner, admin).run();
  } finally {
    // On a lost connection there is nothing to unlock.
    if (locked) {
      await runner
        .query('SELECT pg_advisory_unlock($1), pg_advisory_unlock($2)', [RETENTION_LOCK, BUCKETS_LOCK])
        .catch(() => undefined);
    }
    await runner.release();
    await admin.disconnect();
  }
}

/** Rows must not be dropped while they are copied, and two rebuilds would drop each other's tables. */
async function lock(runner: QueryRunner): Promise<boolean> {
  const [tried] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [RETENTION_LOCK])) as {
    held: boolean;
  }[];
  if (!tried?.held) return false;
  // A run of the bucket retention takes only a moment.
  await runner.query('SELECT pg_advisory_lock($1)', [BUCKETS_LOCK]);
  return true;
}

interface Standing {
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

class Rebuild {
  private heldMs = 0;
  /**
   * From when on the set in use may have change times that differ from those of the shadow set; ms since the
   * epoch.
   */
  private stampedSince = 0;

  constructor(
    private readonly parts: RebuildParts,
    /** Holds the lock: when its connection is lost, the swap is impossible. */
    private readonly runner: QueryRunner,
    private readonly admin: Admin,
  ) {}

  async run(): Promise<Rebuilt> {
    const migrations = await this.migrations();
    const topics = await this.topics();
    // Before the ends of the log are read: a running service applies more in between.
    const { next: applied } = await this.standing(PROJECTION_SCHEMA);
    const ranges = await logRanges(this.admin, topics);
    demandEnds(ranges, applied);

    try {
      await makeShadow(this.runner);
      return await this.fill(topics, ranges, migrations);
    } finally {
      await dropShadow(this.runner).catch(() =>
        this.parts.onProgress(
          'tables that are no longer used could not be dropped; the next rebuild does it',
        ),
      );
    }
  }

  private async fill(
    topics: readonly string[],
    ranges: readonly LogRange[],
    migrations: string,
  ): Promise<Rebuilt> {
    const { dataSource, kafka, retentionDays, logger, onProgress } = this.parts;
    this.stampedSince = await databaseTime(this.runner);
    const carriedOver = await this.carryOver(ranges);
    await keepChangedAt(this.runner);
    const shadow = await connectToShadow(dataSource);
    const projector = new Projector(
      shadow,
      new Partitions(shadow, retentionDays),
      new ProjectionMetrics(new Registry()),
      logger,
    );
    const reader = new LogReader(kafka, projector);
    try {
      await reader.start(topics);
      await this.catchUp(reader, ranges);
      await inTransaction(shadow, dropOldShadowBuckets);
      await analyzeShadow(this.runner);
      await projector.closeDeliveriesOfDeleted();
      while (!(await this.exchange(shadow, reader, projector, migrations))) {
        onProgress('the running projection is busy; trying again');
        await this.catchUp(reader, ranges);
      }
      const read = ranges.reduce((sum, { low }) => sum - low, (await this.standing(PROJECTION_SCHEMA)).at);
      return { read: Number(read), carriedOver, heldMs: this.heldMs };
    } finally {
      await reader.stop().catch((error: unknown) => {
        logger.warn(
          { err: error },
          'the consumer group of the rebuild could not be deleted. Kafka removes it by itself later; nothing needs to be done',
        );
      });
      await shadow.destroy();
    }
  }

  /**
   * The topics of the running projection. Deletions are in the table of endpoints, which is not projected.
   */
  private async topics(): Promise<string[]> {
    const rows = (await this.runner.query(
      `SELECT DISTINCT topic FROM ${PROJECTION_SCHEMA}.projection_offsets WHERE topic <> $1 ORDER BY topic`,
      [Topics.endpoints],
    )) as { topic: string }[];
    if (rows.length === 0) {
      throw new RebuildRefused('the projection has not applied anything yet, so there is nothing to rebuild');
    }
    return rows.map(({ topic }) => topic);
  }

  private async carryOver(ranges: readonly LogRange[]): Promise<number> {
    const { onProgress } = this.parts;
    const cut = cutFor(await completeSince(this.admin, ranges), await lastRetiredAttempt(this.runner));
    if (cut.rows > -Infinity) {
      onProgress(
        cut.rows === Infinity
          ? 'the log has nothing left of some partitions, so all rows are carried over, and only what it still has is read again'
          : `the log tells all from ${new Date(cut.rows).toISOString()} on; older rows are carried over as they are`,
      );
    }
    return carryOver(
      this.runner,
      cut,
      ranges.filter(({ low }) => low > 0n),
    );
  }

  /** Resolves when the shadow set has nearly reached the set in use. */
  private async catchUp(reader: LogReader, ranges: readonly LogRange[]): Promise<void> {
    const { onProgress } = this.parts;
    const lows = ranges.reduce((sum, { low }) => sum + low, 0n);
    let [told, moved] = [performance.now(), performance.now()];
    let last = await this.standing(SHADOW_SCHEMA);
    let checked = last;
    for (;;) {
      reader.check();
      const standing = await this.standing(SHADOW_SCHEMA);
      reader.readTo(standing.live);
      if (standing.behind <= NEAR) return;
      const now = performance.now();
      if (standing.at > last.at) moved = now;
      else if (now - moved > STALLED_AFTER_MS) {
        throw new RebuildRefused(
          'nothing could be read from Kafka or written to PostgreSQL for two minutes: see that both are well, and run this again',
        );
      }
      last = standing;
      if (now - told > TELL_EVERY_MS) {
        told = now;
        const [done, all] = [standing.at - lows, standing.at - lows + standing.behind];
        onProgress(`read ${done} of ${all} offsets`);
        await this.checkBeginnings(ranges, checked);
        checked = standing;
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /**
   * Swaps the shadow set in when it is as far as the set in use. Running projections continue from the
   * offsets of the set that they find, and refuse to go back.
   * @returns false when it must be tried again.
   */
  private async exchange(
    shadow: DataSource,
    reader: LogReader,
    projector: Projector,
    migrations: string,
  ): Promise<boolean> {
    const client = (await this.runner.connect()) as PoolClient;
    // Catches up first, so that little is left while the running projection waits.
    const stamped = await databaseTime(this.runner);
    const since = this.stampedSince;
    await inTransaction(shadow, (writing) => takeOverChangedAt(writing, since));
    this.stampedSince = stamped;
    await this.runner.startTransaction();
    try {
      if (!(await this.hold(client))) return false;
      const begun = performance.now();
      for (;;) {
        reader.check();
        const { behind, live } = await this.standing(SHADOW_SCHEMA);
        if (behind === 0n) break;
        reader.readTo(live);
        if (performance.now() - begun > HOLD_AT_MOST_MS) {
          return false;
        }
        await delay(10);
      }
      await reader.cease();
      await projector.closeDeliveriesOfDeleted();
      if ((await this.migrations()) !== migrations) {
        throw new RebuildRefused('another release has changed the tables meanwhile: run this again');
      }
      await dropOldShadowBuckets(this.runner);
      await takeOverChangedAt(this.runner, this.stampedSince);
      await releaseChangedAt(this.runner);
      await swap(this.runner);
      await this.runner.commitTransaction();
      this.heldMs = Math.round(performance.now() - begun);
      return true;
    } finally {
      if (this.runner.isTransactionActive) await this.runner.rollbackTransaction().catch(() => undefined);
    }
  }

  /** While this waits for the tables, running projections wait behind it, so the wait is short. */
  private async hold(client: PoolClient): Promise<boolean> {
    await this.runner.query(`SET LOCAL lock_timeout = '${HOLD_AT_MOST_MS}ms'`);
    try {
      await holdTables(client);
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
  }

  private async standing(schema: string): Promise<Standing> {
    const rows = (await this.runner.query(
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

  /** Records that retention removes from the log before they are read would be in neither set. */
  private async checkBeginnings(ranges: readonly LogRange[], { next }: Standing): Promise<void> {
    const begun = new Map(ranges.map((range) => [partitionName(range), range.low]));
    const now = await logRanges(this.admin, [...new Set(ranges.map(({ topic }) => topic))]);
    for (const { topic, partition, low } of now) {
      const key = partitionName({ topic, partition });
      if (low === begun.get(key) || low <= (next.get(key) ?? 0n)) continue;
      throw new RebuildRefused(
        `retention removed records of ${key} from the topic before they were read: run this again, so that their content is carried over`,
      );
    }
  }

  /** Distinguishes one shape of the tables from another. */
  private async migrations(): Promise<string> {
    const rows = (await this.runner.query('SELECT name FROM migrations ORDER BY name')) as { name: string }[];
    return rows.map(({ name }) => name).join();
  }
}

/** The log holds attempts that are no longer counted by the minute. */
function dropOldShadowBuckets(from: Parameters<typeof dropOldBuckets>[0]): Promise<void> {
  return dropOldBuckets(from, Date.now(), `${SHADOW_SCHEMA}.attempt_buckets`);
}

/** SQLSTATE of a wait that took longer than `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Checks that the log reaches as far as the set in use; otherwise the shadow set never will.
 * @param applied the next offsets of the set in use, by {@link partitionName}, read before the ranges were.
 * @throws {RebuildRefused}
 */
function demandEnds(ranges: readonly LogRange[], applied: ReadonlyMap<string, bigint>): void {
  for (const { topic, partition, high } of ranges) {
    if ((applied.get(partitionName({ topic, partition })) ?? 0n) <= high) continue;
    throw new RebuildRefused(
      `${topic}/${partition} ends before the offset that was already applied, so the topic was recreated: restart endpoint-registry, which then reads the new topic, and run this again`,
    );
  }
}

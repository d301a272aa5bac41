import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';
import type { PoolClient } from 'pg';
import { Registry } from 'prom-client';
import type { DataSource, QueryRunner } from 'typeorm';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { dropOldBuckets } from '../../statistics/old-buckets.js';
import { logRanges, type LogRange } from '../log-ranges.js';
import { TablePartitions } from '../table-partitions.js';
import { ProjectionMetrics } from '../projection-metrics.js';
import { Projector } from '../projector.js';
import { holdTables, inTransaction } from '../transaction.js';
import { carryOver, lastRetiredAttempt } from './carry-over.js';
import { databaseTime, keepChangedAt, releaseChangedAt, takeOverChangedAt } from './changed-at.js';
import { cutFor } from './cut.js';
import { completeSince } from './log-beginning.js';
import { demandBeginnings, demandEnds } from './log-checks.js';
import { LogReader } from './log-reader.js';
import { lock, unlock } from './rebuild-lock.js';
import { RebuildRefused } from './rebuild-refused.js';
import {
  analyzeShadow,
  connectToShadow,
  dropShadow,
  makeShadow,
  retentionIsHalfWay,
  SHADOW_SCHEMA,
  swap,
} from './shadow-tables.js';
import { migrationsOf, projectedTopics, progressOf } from './progress.js';

export interface RebuildParts {
  /** Connected as the services are. */
  readonly dataSource: DataSource;
  readonly kafka: Kafka;
  readonly retentionDays: number;
  /** `FIRST_ATTEMPT_IN_DELIVERY` */
  readonly firstAttemptInDelivery: boolean;
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
      await unlock(runner).catch(() => undefined);
    }
    await runner.release();
    await admin.disconnect();
  }
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
    const migrations = await migrationsOf(this.runner);
    const topics = await projectedTopics(this.runner);
    // Before the ends of the log are read: a running service applies more in between.
    const { next: applied } = await progressOf(this.runner, PROJECTION_SCHEMA);
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
    const { dataSource, kafka, retentionDays, firstAttemptInDelivery, logger, onProgress } = this.parts;
    this.stampedSince = await databaseTime(this.runner);
    const carriedOver = await this.carryOver(ranges);
    await keepChangedAt(this.runner);
    const shadow = await connectToShadow(dataSource);
    const projector = new Projector(
      shadow,
      new TablePartitions(shadow, retentionDays),
      new ProjectionMetrics(new Registry()),
      logger,
      firstAttemptInDelivery,
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
      const read = ranges.reduce(
        (sum, { low }) => sum - low,
        (await progressOf(this.runner, PROJECTION_SCHEMA)).at,
      );
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

  private async carryOver(ranges: readonly LogRange[]): Promise<number> {
    const { firstAttemptInDelivery, onProgress } = this.parts;
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
      firstAttemptInDelivery,
    );
  }

  /** Resolves when the shadow set has nearly reached the set in use. */
  private async catchUp(reader: LogReader, ranges: readonly LogRange[]): Promise<void> {
    const { onProgress } = this.parts;
    const lows = ranges.reduce((sum, { low }) => sum + low, 0n);
    let [told, moved] = [performance.now(), performance.now()];
    let last = await progressOf(this.runner, SHADOW_SCHEMA);
    let checked = last;
    for (;;) {
      reader.check();
      const progress = await progressOf(this.runner, SHADOW_SCHEMA);
      reader.readTo(progress.live);
      if (progress.behind <= NEAR) return;
      const now = performance.now();
      if (progress.at > last.at) moved = now;
      else if (now - moved > STALLED_AFTER_MS) {
        throw new RebuildRefused(
          'nothing could be read from Kafka or written to PostgreSQL for two minutes: see that both are well, and run this again',
        );
      }
      last = progress;
      if (now - told > TELL_EVERY_MS) {
        told = now;
        const [done, all] = [progress.at - lows, progress.at - lows + progress.behind];
        onProgress(`read ${done} of ${all} offsets`);
        await demandBeginnings(this.admin, ranges, checked.next);
        checked = progress;
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
        const { behind, live } = await progressOf(this.runner, SHADOW_SCHEMA);
        if (behind === 0n) break;
        reader.readTo(live);
        if (performance.now() - begun > HOLD_AT_MOST_MS) {
          return false;
        }
        await delay(10);
      }
      await reader.cease();
      await projector.closeDeliveriesOfDeleted();
      if ((await migrationsOf(this.runner)) !== migrations) {
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
}

/** The log holds attempts that are no longer counted by the minute. */
function dropOldShadowBuckets(from: Parameters<typeof dropOldBuckets>[0]): Promise<void> {
  return dropOldBuckets(from, Date.now(), `${SHADOW_SCHEMA}.attempt_buckets`);
}

/** SQLSTATE of a wait that took longer than `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

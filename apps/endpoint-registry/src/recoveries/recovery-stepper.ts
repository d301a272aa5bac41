import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource, type EntityManager } from 'typeorm';

import { ChangeLog } from '../changes/change-log.js';
import { OutboxRelay } from '../outbox/relay.js';
import { AuditProgress } from './audit-progress.js';
import { countStep, waitForAudit } from './count-step.js';
import { Recovery } from './recovery.entity.js';
import { databaseTime, ended, lockIf } from './recovery-rows.js';
import { runStep } from './run-step.js';
import { settleStep } from './settle-step.js';
import { standingEndpoint } from './standing-endpoint.js';

/** The key of the advisory lock on a recovery, together with its id: one instance at a time makes a step of it. */
const STEP_LOCK = 7_214_034;
/** The longest time between two looks for recoveries, ms. */
const IDLE_MS = 5_000;
/** The pause after a failure, ms. */
const AFTER_FAILURE_MS = 2_000;
/** How soon a recovery is looked at again that another instance is at work on, ms. */
const LOOK_AGAIN_MS = 100;
/** How many recoveries are looked for at a time; other instances may be at work on the first ones. */
const DUE_AT_ONCE = 10;

/** A recovery that may have a step to make. */
interface DueRow {
  readonly id: string;
  readonly organization_id: string;
  /** Its counting has not begun. */
  readonly begins: boolean;
  /** How long until its step is due, by the database's clock. */
  readonly wait_ms: number;
}

/**
 * Moves recoveries on, step by step. Every instance has one, and nothing but the database knows how far a recovery is: a
 * step is one transaction, so one of an instance that was killed did not happen, and another instance goes on. The
 * recovery whose step is due longest comes first, so none holds up another. Without recoveries there is a query every
 * five seconds.
 */
@Injectable()
export class RecoveryStepper implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private wakeUp: () => void = () => undefined;
  private isWoken = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly log: ChangeLog,
    private readonly audit: AuditProgress,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Resolves when the current step has ended. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  /** Looks for recoveries at once. */
  wake(): void {
    this.isWoken = true;
    this.wakeUp();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const pauseMs = await this.stepDue().catch((error: unknown) => {
        this.logger.error(
          { err: error },
          'recoveries cannot be looked for, so none makes progress here. The service tries again. Fix what the error names, usually the database',
        );
        return AFTER_FAILURE_MS;
      });
      if (pauseMs > 0) await this.pause(pauseMs);
    }
  }

  private async pause(ms: number): Promise<void> {
    if (!this.isWoken)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.isWoken = false;
    this.wakeUp = () => undefined;
  }

  /** Makes the steps that are due. @returns how long to wait then, ms. */
  private async stepDue(): Promise<number> {
    const due = await this.dataSource.query<DueRow[]>(
      `SELECT id, organization_id, status = 'counting' AND counted_time IS NULL AS begins,
              (extract(epoch FROM next_step_at - clock_timestamp()) * 1000)::double precision AS wait_ms
         FROM recoveries WHERE settled_at IS NULL ORDER BY next_step_at LIMIT ${DUE_AT_ONCE}`,
    );
    let next = IDLE_MS;
    for (const each of due) {
      if (this.stopped) return 0;
      if (each.wait_ms > 0) {
        next = Math.min(next, each.wait_ms);
        continue;
      }
      // Another instance may be at work on it: then it is looked at again soon.
      next = (await this.tryStep(each)) ? 0 : Math.min(next, LOOK_AGAIN_MS);
    }
    return Math.ceil(next);
  }

  /** A recovery whose step fails must not hold up the others. */
  private async tryStep(due: DueRow): Promise<boolean> {
    try {
      return await this.step(due);
    } catch (error) {
      this.logger.error(
        { err: error, recoveryId: due.id },
        'a step of a recovery failed, and nothing of it was done. The service tries again. If this repeats, fix what the error names, usually the database',
      );
      await this.dataSource.manager.update(
        Recovery,
        { id: due.id },
        { nextStepAt: () => `clock_timestamp() + interval '${AFTER_FAILURE_MS} milliseconds'` },
      );
      return false;
    }
  }

  /** Makes one step of a recovery. @returns false when another instance is at it, or it has no step to make. */
  private async step({ id, organization_id: organizationId, begins }: DueRow): Promise<boolean> {
    // Asked for before the transaction, because Kafka may not answer soon.
    const isReadUp = !begins || (await this.audit.hasCaughtUp({ id, organizationId }));
    const result = await this.dataSource.transaction((manager) => this.stepOf(manager, id, isReadUp));
    if (result === 'sent') {
      // What Kafka does not accept now stays in the outbox, and is moved later. The relay logs why.
      await this.relay.flush().catch(() => undefined);
    }
    return result !== 'busy';
  }

  private async stepOf(
    manager: EntityManager,
    id: string,
    isReadUp: boolean,
  ): Promise<'busy' | 'done' | 'sent'> {
    const [lock] = await manager.query<{ held: boolean }[]>(
      'SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS held',
      [STEP_LOCK, id],
    );
    const recovery = lock?.held ? await manager.findOneBy(Recovery, { id }) : null;
    if (!recovery || recovery.settledAt !== null) return 'busy';
    const now = await databaseTime(manager);
    if (recovery.nextStepAt > now && recovery.endedAt === null) return 'done';
    if (recovery.endedAt !== null) {
      await settleStep(manager, recovery, now);
      return 'done';
    }
    const endpoint = await standingEndpoint(manager, recovery.endpointId);
    if (endpoint.isDeleted) {
      if (await lockIf(manager, id, recovery.status)) {
        await manager.update(Recovery, { id }, ended('cancelled', now, 'endpoint_deleted'));
      }
      return 'done';
    }
    if (recovery.status === 'running') {
      return (await runStep(manager, this.log, recovery, endpoint, now)) ? 'sent' : 'done';
    }
    // Another instance may have begun to count since the recovery was looked for.
    if (isReadUp || recovery.countedTime !== null) await countStep(manager, recovery, endpoint, now);
    else await waitForAudit(manager, recovery, now);
    return 'done';
  }
}

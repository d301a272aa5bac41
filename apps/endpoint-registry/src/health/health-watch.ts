import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { DisabledReason } from '@skillora/contracts';
import { LOGGER, type Logger } from '@skillora/operability';
import { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';

import { service } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { updateAndAnnounce } from '../endpoints/announce-endpoint.js';
import { OutboxRelay } from '../outbox/relay.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { decideHealth, type HealthStep, LEVELS } from './decide-health.js';
import { type DueEndpoint, dueEndpoints, readSituation, storeAnnounced } from './due-endpoints.js';
import { type LogMark, LogProgress } from './log-progress.js';
import { noticeOf } from './notices.js';
import { writeNotices } from './write-notices.js';

/** The pause between two looks, ms. */
const LOOK_EVERY_MS = 1_000;
const CHANGES: readonly HealthStep['kind'][] = [...LEVELS, 'recovered'];
/** Why an endpoint was disabled, for people. */
const BECAUSE: Readonly<Record<DisabledReason, string>> = {
  failing: 'nothing succeeded for ENDPOINT_DISABLE_AFTER',
  gone: 'it answered 410',
};
/** Who the log of changes names. */
const BY = service('health');

/**
 * Announces that endpoints fail, and disables those that fail for too long, see `decideHealth`. Each instance looks; the
 * locks of the organisation and of the endpoint let only one act on an endpoint at a time, and the next one finds what
 * was announced. The change, its notices and its entry in the log of changes are one transaction.
 */
@Injectable()
export class HealthWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** What the database must have before anything is decided, and the time to decide by, ms since the epoch. */
  private awaited: { readonly mark: LogMark; readonly now: number } | null = null;
  private hasFailed = false;
  private readonly decisions = new Counter({
    name: 'webhook_endpoint_health_total',
    help: 'Endpoints that began to fail, are disabled soon, were disabled or recovered, as this instance announced it',
    labelNames: ['change'],
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ChangeLog,
    private readonly relay: OutboxRelay,
    private readonly progress: LogProgress,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // A counter that begins with its first event hides that event from `increase`.
    for (const change of CHANGES) this.decisions.inc({ change }, 0);
    this.running = this.watch();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** One look: decides about the endpoints for which something is due, once the database has what the log has. */
  async look(): Promise<void> {
    const due = await dueEndpoints(this.dataSource.manager, this.settings);
    const [first] = due;
    if (!first) {
      this.awaited = null;
      return;
    }
    this.awaited ??= { mark: await this.progress.mark(), now: first.now.getTime() };
    const { mark, now } = this.awaited;
    if (!(await this.progress.isApplied(mark))) return;
    this.awaited = null;
    let steps = 0;
    for (const each of due) steps += (await this.decide(each, now)).length;
    // Otherwise the relay would do it within a second. It logs what is in its way.
    if (steps > 0) await this.relay.flush().catch(() => undefined);
  }

  private async watch(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.look();
        this.hasFailed = false;
      } catch (error) {
        if (!this.hasFailed) this.logFailure(error);
        this.hasFailed = true;
      }
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** @param now up to here the log is known, ms since the epoch. @returns what was done. */
  private async decide(
    { id, organization_id: organizationId }: DueEndpoint,
    now: number,
  ): Promise<readonly HealthStep[]> {
    const deed = { organizationId, action: 'endpoint.disabled', id } as const;
    const steps = await this.dataSource.transaction((manager) =>
      this.log.change(manager, BY, deed, () => this.act(manager, { endpointId: id, organizationId }, now)),
    );
    for (const step of steps) {
      this.decisions.inc({ change: step.kind });
      if (step.kind === 'disabled') {
        this.logger.warn(
          { endpoint: id, organization: organizationId, reason: step.reason },
          `disabled an endpoint, because ${BECAUSE[step.reason]}. Its owner can switch it on again`,
        );
      }
    }
    return steps;
  }

  private async act(
    manager: EntityManager,
    subject: { readonly endpointId: string; readonly organizationId: string },
    now: number,
  ): Promise<readonly HealthStep[]> {
    const { endpointId } = subject;
    const situation = await readSituation(manager, endpointId);
    if (situation === null) return [];
    const { steps, announced } = decideHealth(situation, this.settings, now);
    const { health, now: at } = situation;
    for (const step of steps)
      if (step.kind === 'disabled') await this.disable(manager, endpointId, step.reason, at);
    const notices = steps.map((step) => noticeOf(step, subject, health, this.settings, at.getTime()));
    await writeNotices(manager, notices, at);
    if (announced !== situation.announced) await storeAnnounced(manager, endpointId, announced);
    return steps;
  }

  private async disable(manager: EntityManager, id: string, reason: DisabledReason, at: Date): Promise<void> {
    const disabled = { isActive: false, disabledReason: reason, disabledAt: at };
    await updateAndAnnounce(manager, id, disabled, at);
  }

  private logFailure(error: unknown): void {
    this.logger.error(
      { err: error },
      'it could not be decided which endpoints fail. Notices come late, and no endpoint is disabled, until it can. The service tries again each second. Fix what the error names, usually PostgreSQL or the brokers',
    );
  }
}

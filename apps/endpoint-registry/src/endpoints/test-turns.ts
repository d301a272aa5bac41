import { Injectable } from '@nestjs/common';
import { throttled } from '@skillora/rest';
import { DataSource, type EntityManager } from 'typeorm';

import { lockOrganization } from '../limits/lock-organization.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { readUses, rememberUse, type UseKey } from '../limits/recent-uses.js';
import { TEST_SENDS, testSendProblem } from './decide-test-send.js';
import type { EndpointRow } from './endpoint.js';

/** A test send that may be made. */
export interface TestTurn {
  readonly key: UseKey;
  /** When it ends by itself, for example because its instance died; ms since the epoch. */
  readonly until: number;
}

/**
 * Limits test sends: one at a time to an endpoint, a number a minute, and a number at a time for an
 * organisation. The state is in the database, so the limits hold over all instances, and a dead instance
 * blocks them only for a short time.
 */
@Injectable()
export class TestTurns {
  constructor(
    private readonly dataSource: DataSource,
    private readonly turns: OrganizationTurns,
  ) {}

  /**
   * Begins a test send.
   * @param lastsMs its longest possible duration.
   * @throws {RefusalException} 429 when a limit is exceeded.
   */
  async begin({ id, organization_id }: EndpointRow, lastsMs: number): Promise<TestTurn> {
    const key: UseKey = { organizationId: organization_id, kind: 'test', subject: id };
    const begin = async (manager: EntityManager): Promise<TestTurn> => {
      await lockOrganization(manager, key.organizationId);
      const uses = await readUses(manager, key);
      const { now, usedAt, busyUntil } = uses;
      const othersBusyUntil = await this.othersBusyUntil(manager, key, now);
      const problem = testSendProblem({ now, sentAt: usedAt, busyUntil, othersBusyUntil });
      if (problem) throw throttled(problem.detail, problem.waitMs);
      const until = now + lastsMs;
      await rememberUse(manager, key, uses, TEST_SENDS, until);
      return { key, until };
    };
    return this.turns.inTurn(key.organizationId, () => this.dataSource.transaction(begin));
  }

  /** Ends a test send, unless it has ended by itself and another one has begun since. */
  async end({ key: { organizationId, kind, subject }, until }: TestTurn): Promise<void> {
    await this.dataSource.query(
      `UPDATE recent_uses SET busy_until = NULL
        WHERE organization_id = $1 AND kind = $2 AND subject = $3 AND busy_until = $4`,
      [organizationId, kind, subject, new Date(until)],
    );
  }

  private async othersBusyUntil(
    manager: EntityManager,
    { organizationId, kind, subject }: UseKey,
    now: number,
  ): Promise<number[]> {
    const rows = await manager.query<{ busy_until: Date }[]>(
      `SELECT busy_until FROM recent_uses
        WHERE organization_id = $1 AND kind = $2 AND subject <> $3 AND busy_until > $4`,
      [organizationId, kind, subject, new Date(now)],
    );
    return rows.map(({ busy_until }) => busy_until.getTime());
  }
}

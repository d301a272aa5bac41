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
  /** It ends by itself then, where its instance dies; ms since the epoch. */
  readonly until: number;
}

/**
 * Lets test sends begin: one to an endpoint at a time, some a minute, and not too many of an organisation at
 * once. This is kept in the database, so it holds over all instances, and an instance that dies leaves
 * nothing under way for long.
 */
@Injectable()
export class TestTurns {
  constructor(
    private readonly dataSource: DataSource,
    private readonly turns: OrganizationTurns,
  ) {}

  /**
   * Begins one. @param lastsMs how long it can last at most.
   * @throws {Refusal} 429 when it is one too many.
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

  /** Ends one, unless it has ended by itself and another has begun since. */
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

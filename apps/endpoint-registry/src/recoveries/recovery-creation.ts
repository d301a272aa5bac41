import { randomUUID } from 'node:crypto';

import { throttled } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import { presentRecovery } from './present-recovery.js';
import { MOST_RECOVERIES } from './recovery.js';
import { Recovery } from './recovery.entity.js';
import type { RecoveryChoice } from './recovery-body.js';

/** How long a client should wait when too many recoveries run, ms. */
const WAIT_MS = 60_000;

/** The endpoint that gets the deliveries. */
export interface RecoveredEndpoint {
  readonly organizationId: string;
  readonly endpointId: string;
}

/**
 * Creates a recovery, and its entry in the log of changes. The instances of endpoint-registry make its steps.
 * @throws {RefusalException} 429 when the organisation has as many as it may.
 */
export async function createRecovery(
  manager: EntityManager,
  log: ChangeLog,
  author: Author,
  { organizationId, endpointId }: RecoveredEndpoint,
  choice: RecoveryChoice,
): Promise<Recovery> {
  const deed = { organizationId, action: 'endpoint.recovery_created', id: endpointId } as const;
  return log.act(manager, author, deed, async () => {
    const running = await manager
      .createQueryBuilder(Recovery, 'r')
      .where('r.organization_id = :organizationId AND r.ended_at IS NULL', { organizationId })
      .getCount();
    if (running >= MOST_RECOVERIES) {
      throw throttled(`An organisation can have ${MOST_RECOVERIES} recoveries at a time.`, WAIT_MS);
    }
    const [clock] = await manager.query<{ now: Date; dropped_before: Date | null }[]>(
      'SELECT clock_timestamp() AS now, (SELECT dropped_before FROM retention) AS dropped_before',
    );
    const id = randomUUID();
    const now = clock?.now ?? new Date();
    const gone = clock?.dropped_before ?? null;
    await manager.insert(Recovery, {
      ...{ id, organizationId, endpointId, ...choice },
      ...{ status: 'counting', createdAt: now, nextStepAt: now },
      availableFrom: gone !== null && gone > choice.since ? gone : null,
    });
    const created = await manager.findOneByOrFail(Recovery, { id });
    return { result: created, shown: { before: null, after: askedFor(created) } };
  });
}

/** What the log of changes shows of a recovery. */
function askedFor(recovery: Recovery) {
  const { what, since, until, event_types, rate, include_before_creation, dry_run } =
    presentRecovery(recovery);
  return {
    recovery_id: recovery.id,
    what,
    since,
    until,
    event_types,
    rate,
    include_before_creation,
    dry_run,
  };
}

import { conflict, notFound } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import { Recovery } from './recovery.entity.js';
import { databaseTime, ended } from './recovery-rows.js';

/**
 * Cancels a recovery: nothing more is sent from now on. What was sent still ends, and is counted.
 * @throws {RefusalException} 404 when there is no such recovery, 409 when it has ended.
 */
export async function cancelRecovery(
  manager: EntityManager,
  log: ChangeLog,
  author: Author,
  { organizationId, endpointId, id }: Pick<Recovery, 'organizationId' | 'endpointId' | 'id'>,
): Promise<void> {
  const deed = { organizationId, action: 'endpoint.recovery_cancelled', id: endpointId } as const;
  await log.act(manager, author, deed, async () => {
    const where = { id, organizationId, endpointId };
    const standing = await manager.findOne(Recovery, { where, lock: { mode: 'pessimistic_write' } });
    if (!standing) throw notFound();
    const { status, sent } = standing;
    if (standing.endedAt !== null) throw conflict(`This recovery has ended: it is ${status}.`);
    await manager.update(Recovery, { id }, ended('cancelled', await databaseTime(manager), 'requested'));
    return {
      result: null,
      shown: {
        before: { recovery_id: id, status },
        after: { recovery_id: id, status: 'cancelled', sent },
      },
    };
  });
}

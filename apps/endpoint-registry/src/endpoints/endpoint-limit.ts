import { conflict } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { type ChangeLimits, demandRoomInHour, MAY_BE_FULL, type MayBeFull } from './change-limit.js';

/**
 * Checks that one more endpoint fits the limit of an organisation, and one more change its limit for an hour: see
 * `demandChange`. The transaction must have locked the organisation (see `lockOrganization`), so both limits are exact
 * over all instances. Deleted endpoints do not count.
 * @throws {RefusalException} 409 when it has too many endpoints, 429 when it has made too many changes.
 */
export async function demandRoomForEndpoint(
  manager: EntityManager,
  { actor }: Author,
  organizationId: string,
  { maxEndpoints, changesPerHour }: ChangeLimits,
): Promise<void> {
  const [row] = await manager.query<(MayBeFull & { max_endpoints: number | null; endpoints: number })[]>(
    `SELECT max_endpoints, ${MAY_BE_FULL},
            (SELECT count(*)::integer FROM endpoints WHERE organization_id = $1 AND deleted_at IS NULL) AS endpoints
       FROM organizations WHERE id = $1`,
    [organizationId, changesPerHour, maxEndpoints],
  );
  const limit = row?.max_endpoints ?? maxEndpoints;
  const endpoints = row?.endpoints ?? 0;
  if (endpoints >= limit) {
    throw conflict(
      `This organisation can have ${limit} endpoints and has ${endpoints}. ` +
        'Delete one that is not needed, or ask for a higher limit.',
    );
  }
  if (row && actor.type === 'token') await demandRoomInHour(manager, organizationId, row);
}

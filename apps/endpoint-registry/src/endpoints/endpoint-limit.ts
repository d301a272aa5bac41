import { conflict } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

/**
 * Checks that one more endpoint fits the limit of an organisation. The transaction must have locked the
 * organisation (see `lockOrganization`), so the limit is exact over all instances. Deleted endpoints do not
 * count.
 * @param usual the limit of an organisation for which no operator has set another.
 * @throws {Refusal} 409 when the limit is reached.
 */
export async function demandRoomForEndpoint(
  manager: EntityManager,
  organizationId: string,
  usual: number,
): Promise<void> {
  const [row] = await manager.query<{ max_endpoints: number | null; endpoints: number }[]>(
    `SELECT max_endpoints,
            (SELECT count(*)::integer FROM endpoints WHERE organization_id = $1 AND deleted_at IS NULL) AS endpoints
       FROM organizations WHERE id = $1`,
    [organizationId],
  );
  const limit = row?.max_endpoints ?? usual;
  const endpoints = row?.endpoints ?? 0;
  if (endpoints < limit) return;
  throw conflict(
    `This organisation can have ${limit} endpoints and has ${endpoints}. ` +
      'Delete one that is not needed, or ask for a higher limit.',
  );
}

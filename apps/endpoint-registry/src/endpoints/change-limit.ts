import { throttled } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { Action } from '../changes/entry.js';

const HOUR_MS = 3_600_000;

/**
 * What counts. A deletion does not: each needs a creation, and a customer must always be able to end what is
 * sent.
 */
const COUNTED: readonly Action[] = [
  'endpoint.created',
  'endpoint.updated',
  'endpoint.secret_regenerated',
  'endpoint.held',
  'endpoint.resumed',
];

/** The limits of an organisation. */
export interface ChangeLimits {
  /** How many changes of endpoints any organisation can make an hour. */
  readonly changesPerHour: number;
  /** How many endpoints an organisation can have for which no operator has set another limit. */
  readonly maxEndpoints: number;
}

/**
 * Checks that the tokens of an organisation may change its endpoints once more. Endpoints leave rows until
 * RETENTION_DAYS after their deletion, and each change leaves an entry in the log of changes for ever. The log
 * itself is counted, so nothing else is stored. The transaction must have locked the organisation (see
 * `lockOrganization`), so the limit is exact over all instances.
 *
 * An organisation that can have many endpoints can change each of them twice an hour, whatever the limit is.
 * @throws {RefusalException} 429 when the limit is reached.
 */
export async function demandChange(
  manager: EntityManager,
  { actor }: Author,
  organizationId: string,
  { changesPerHour, maxEndpoints }: ChangeLimits,
): Promise<void> {
  if (actor.type !== 'token') return;
  const [row] = await manager.query<MayBeFull[]>(`SELECT ${MAY_BE_FULL} FROM organizations WHERE id = $1`, [
    organizationId,
    changesPerHour,
    maxEndpoints,
  ]);
  if (row) await demandRoomInHour(manager, organizationId, row);
}

/**
 * What a query of an organisation selects for {@link demandRoomInHour}; its second parameter is the number of changes
 * an hour, its third that of endpoints. The log is in order of time: where its entry that many places before the end
 * is older than an hour, nothing needs to be counted.
 */
export const MAY_BE_FULL = `greatest($2, 2 * coalesce(max_endpoints, $3))::integer AS most,
  coalesce((SELECT nth.created_at > clock_timestamp() - interval '1 hour' FROM changes AS nth
             WHERE nth.organization_id = organizations.id
               AND nth.number = changes_count - greatest($2, 2 * coalesce(max_endpoints, $3)) + 1), false) AS may_be_full`;

/** The values of {@link MAY_BE_FULL}. */
export interface MayBeFull {
  readonly most: number;
  readonly may_be_full: boolean;
}

/** Counts the changes of the last hour, if they may be too many. @throws {RefusalException} 429 when they are. */
export async function demandRoomInHour(
  manager: EntityManager,
  organizationId: string,
  { most, may_be_full }: MayBeFull,
): Promise<void> {
  if (!may_be_full) return;
  const [oldest] = await manager.query<{ age_ms: number }[]>(
    `SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 * 1000 AS age_ms FROM changes
      WHERE organization_id = $1 AND action = ANY($2) AND actor_type = 'token'
        AND created_at > clock_timestamp() - interval '1 hour'
      ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT 1`,
    [organizationId, COUNTED, most - 1],
  );
  if (!oldest) return;
  throw throttled(
    `An organisation can create or change its endpoints ${most} times an hour.`,
    HOUR_MS - oldest.age_ms,
  );
}

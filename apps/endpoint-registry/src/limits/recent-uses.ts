import type { DataSource, EntityManager } from 'typeorm';

import { type UseLimit, withUse } from './use-limit.js';

/** The limited actions. Their names are stored in the database. */
export type UseKind = 'test' | 'retry';

/** Who uses which action. */
export interface UseKey {
  readonly organizationId: string;
  readonly kind: UseKind;
  /** For test sends the endpoint, for retries the organisation. */
  readonly subject: string;
}

/**
 * The recorded uses. Times come from the database's clock, which all instances share, in ms since the epoch.
 */
export interface RecentUses {
  readonly now: number;
  /** Newest first. */
  readonly usedAt: readonly number[];
  /** Until when the use in progress can last; null when there is none. */
  readonly busyUntil: number | null;
}

/** Reads the recorded uses. The transaction must have locked the organisation, see `lockOrganization`. */
export async function readUses(
  manager: EntityManager,
  { organizationId, kind, subject }: UseKey,
): Promise<RecentUses> {
  const [row] = await manager.query<{ now: Date; used_at: Date[] | null; busy_until: Date | null }[]>(
    `SELECT clock_timestamp() AS now, used_at, busy_until
       FROM (VALUES (1)) AS always
       LEFT JOIN recent_uses ON organization_id = $1 AND kind = $2 AND subject = $3`,
    [organizationId, kind, subject],
  );
  if (!row) throw new Error('a query that always has a row had none');
  const now = row.now.getTime();
  const busyUntil = row.busy_until?.getTime() ?? null;
  return {
    now,
    usedAt: (row.used_at ?? []).map((at) => at.getTime()),
    busyUntil: busyUntil !== null && busyUntil > now ? busyUntil : null,
  };
}

/**
 * Records a use, in the transaction that has read the earlier ones.
 * @param busyUntil see {@link RecentUses}.
 */
export async function rememberUse(
  manager: EntityManager,
  { organizationId, kind, subject }: UseKey,
  { now, usedAt }: RecentUses,
  limit: UseLimit,
  busyUntil: number | null = null,
): Promise<void> {
  await manager.query(
    `INSERT INTO recent_uses (organization_id, kind, subject, used_at, busy_until) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, kind, subject)
     DO UPDATE SET used_at = excluded.used_at, busy_until = excluded.busy_until`,
    [
      organizationId,
      kind,
      subject,
      withUse(usedAt, limit, now).map((at) => new Date(at)),
      busyUntil === null ? null : new Date(busyUntil),
    ],
  );
}

/** Deletes entries whose last use was before a moment, which must be longer ago than any limit counts. */
export async function forgetUses(dataSource: DataSource, before: Date): Promise<void> {
  await dataSource.query(
    'DELETE FROM recent_uses WHERE used_at[1] < $1 AND (busy_until IS NULL OR busy_until < $1)',
    [before],
  );
}

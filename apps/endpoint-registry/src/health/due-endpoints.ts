import type { EntityManager } from 'typeorm';

import { type Announced, type DecisionSituation, type Level } from './decide-health.js';
import { HEALTH_COLUMNS, type HealthColumns, healthOf } from './health-columns.js';
import type { HealthRules } from './health-rules.js';

/** An endpoint about which something may be decided. */
export interface DueEndpoint {
  readonly id: string;
  readonly organization_id: string;
  /** The time by the database's clock. */
  readonly now: Date;
}

const AT_ONCE = 200;

/**
 * Those about which nothing can be decided are left out, as far as SQL can say; {@link DecisionSituation} decides. What was
 * announced before the endpoint was last switched on does not matter to the failures since.
 */
const DUE = `
  SELECT e.id, e.organization_id, clock.now
    FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock
   CROSS JOIN LATERAL (
     SELECT h.*, clock.now - h.first_failure_at AS failing_for FROM endpoint_health h
      WHERE h.failures > 0 AND (h.first_failure_at <= clock.now - $1::float8 * interval '1 ms'
                                OR h.last_gone_at >= h.first_failure_at)
   ) AS h
    JOIN endpoints e ON e.id = h.endpoint_id
    LEFT JOIN endpoint_notices n
      ON n.endpoint_id = e.id AND n.failing_since > coalesce(e.enabled_at, '-infinity')
   WHERE e.deleted_at IS NULL AND e.is_active AND h.first_failure_at > coalesce(e.enabled_at, '-infinity')
     AND (h.last_gone_at >= h.first_failure_at AND n.level IS DISTINCT FROM 'disabled'
          OR n.level IS NULL AND h.failing_for >= CASE WHEN e.held_since IS NULL THEN $1 ELSE $4 END::float8 * interval '1 ms'
          OR e.held_since IS NULL AND n.level = 'failing' AND h.failing_for >= $2::float8 / 2 * interval '1 ms'
          OR e.held_since IS NULL AND n.level = 'disabling_soon' AND h.failures >= $3
             AND h.failing_for >= $2::float8 * interval '1 ms')
  UNION
  SELECT e.id, e.organization_id, date_trunc('milliseconds', clock_timestamp())
    FROM endpoint_notices n JOIN endpoints e ON e.id = n.endpoint_id
    JOIN endpoint_health h ON h.endpoint_id = n.endpoint_id
   WHERE e.deleted_at IS NULL AND h.last_success_at >= n.failing_since
     AND (n.level <> 'disabled' OR e.is_active)
   ORDER BY organization_id, id LIMIT ${AT_ONCE}`;

/** Endpoints about which something may be due, in the order of their organisations. */
export function dueEndpoints(manager: EntityManager, rules: HealthRules): Promise<DueEndpoint[]> {
  const { failingAfterMs, disableAfterMs, disableFailures } = rules;
  const firstMs = disableAfterMs === 0 ? failingAfterMs : Math.min(failingAfterMs, disableAfterMs / 2);
  // Null is never reached.
  return manager.query<DueEndpoint[]>(DUE, [
    firstMs,
    disableAfterMs || null,
    disableFailures,
    failingAfterMs,
  ]);
}

type SituationRow = HealthColumns & {
  readonly is_active: boolean;
  readonly held_since: Date | null;
  readonly enabled_at: Date | null;
  readonly failing_since: Date | null;
  readonly level: Level | null;
  readonly now: Date;
};

/** What is known of an endpoint, and the time by the database's clock; null if there is no such endpoint. */
export async function readSituation(
  manager: EntityManager,
  id: string,
): Promise<(DecisionSituation & { readonly now: Date }) | null> {
  const [row] = await manager.query<SituationRow[]>(
    `SELECT e.is_active, e.held_since, e.enabled_at, ${HEALTH_COLUMNS}, n.failing_since, n.level,
            date_trunc('milliseconds', clock_timestamp()) AS now
       FROM endpoints e
       LEFT JOIN endpoint_health h ON h.endpoint_id = e.id
       LEFT JOIN endpoint_notices n ON n.endpoint_id = e.id
      WHERE e.id = $1 AND e.deleted_at IS NULL`,
    [id],
  );
  if (!row) return null;
  const { failing_since: since, level } = row;
  return {
    health: healthOf(row),
    isActive: row.is_active,
    isHeld: row.held_since !== null,
    enabledAt: row.enabled_at?.getTime() ?? null,
    announced: since && level && { failingSince: since.getTime(), level },
    now: row.now,
  };
}

/** Stores what is announced of an endpoint now. */
export async function storeAnnounced(
  manager: EntityManager,
  id: string,
  announced: Announced | null,
): Promise<void> {
  if (announced === null) {
    await manager.query('DELETE FROM endpoint_notices WHERE endpoint_id = $1', [id]);
    return;
  }
  await manager.query(
    `INSERT INTO endpoint_notices (endpoint_id, failing_since, level) VALUES ($1, $2, $3)
     ON CONFLICT (endpoint_id) DO UPDATE SET failing_since = excluded.failing_since, level = excluded.level`,
    [id, new Date(announced.failingSince), announced.level],
  );
}

/** Forgets what was announced of endpoints that are deleted. Nothing is decided about them any more. */
export async function forgetAnnouncedOfDeleted(manager: EntityManager): Promise<void> {
  await manager.query(
    'DELETE FROM endpoint_notices AS n USING endpoints AS e WHERE e.id = n.endpoint_id AND e.deleted_at IS NOT NULL',
  );
}

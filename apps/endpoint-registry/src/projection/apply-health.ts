import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { countsSince, type EndpointHealth, evolveHealth, type Failures } from '../health/endpoint-health.js';
import { HEALTH_COLUMNS, type HealthColumns, healthOf } from '../health/health-columns.js';
import { type HealthFact, healthOfAttempt } from '../health/health-of-attempt.js';
import { type Column, names, parameters, values } from './columns.js';
import type { AttemptMade, DeliveryIdentity } from './facts.js';

/** A failure that may count, as long as no later success is known. Times are ms since the epoch. */
interface FailureRow {
  readonly endpointId: string;
  readonly at: number;
  readonly startedAt: number;
  readonly deliveryId: string;
  readonly round: number;
  readonly step: number;
}

interface HealthRow extends HealthColumns {
  readonly endpoint_id: string;
  readonly enabled_at: Date | null;
}

type Collected = FailureRow & { readonly fact: HealthFact };

/**
 * Updates the health of endpoints with attempts that were added, see {@link evolveHealth}. Of endpoints that only
 * succeed, it takes one statement. Failures since the last success have a row each, so that they can be counted
 * again after a success that is read out of order.
 */
export class HealthUpdates {
  private readonly byEndpoint = new Map<string, Collected[]>();

  /** Notes an attempt that was added and did not exist before. */
  add({ id, endpointId, eventType }: DeliveryIdentity, attempt: AttemptMade): void {
    const fact = healthOfAttempt({ eventType, ...attempt });
    if (fact === null) return;
    const { startedAt, round, step } = attempt;
    const each = { endpointId, at: fact.at, startedAt, deliveryId: id, round, step, fact };
    const some = this.byEndpoint.get(endpointId);
    if (some) some.push(each);
    else this.byEndpoint.set(endpointId, [each]);
  }

  async write(client: PoolClient): Promise<void> {
    if (this.byEndpoint.size === 0) return;
    const kept: FailureRow[] = [];
    const changed: Changed[] = [];
    const recounted: Changed[] = [];
    for (const row of await this.lock(client)) {
      const { endpoint_id: endpointId } = row;
      const noted = this.byEndpoint.get(endpointId) ?? [];
      const known = healthOf(row);
      const enabledAt = row.enabled_at?.getTime() ?? null;
      const { health, recount } = evolveHealth(
        known,
        noted.map(({ fact }) => fact),
        enabledAt,
      );
      const since = countsSince(health, enabledAt);
      kept.push(...noted.filter(({ fact }) => fact.kind === 'failure' && fact.at > since));
      const change = { endpointId, since, failures: health.failures, lastGoneAt: health.lastGoneAt };
      if (recount) recounted.push(change);
      else if (isChanged(known, health)) changed.push(change);
    }
    await insertFailures(client, kept);
    await updateHealth(client, [...changed, ...(await countAgain(client, recounted))]);
  }

  /** Locks the rows in the order of the ids, adds those that are absent, and stores the latest success of each. */
  private async lock(client: PoolClient): Promise<HealthRow[]> {
    const sorted = [...this.byEndpoint].sort(([a], [b]) => (a < b ? -1 : 1));
    const { rows } = await queryPrepared<HealthRow>(
      client,
      `INSERT INTO endpoint_health AS h (${names(SUCCESS_COLUMNS)}) SELECT * FROM unnest(${parameters(SUCCESS_COLUMNS)})
       ON CONFLICT (endpoint_id) DO UPDATE SET
         last_success_at = greatest(h.last_success_at, excluded.last_success_at)
       RETURNING endpoint_id, ${HEALTH_COLUMNS}, (SELECT enabled_at FROM endpoints WHERE endpoints.id = h.endpoint_id)`,
      values(SUCCESS_COLUMNS, sorted),
    );
    return rows;
  }
}

interface Changed {
  readonly endpointId: string;
  /** Failures after this count; ms since the epoch, or -Infinity. */
  readonly since: number;
  readonly failures: Failures | null;
  readonly lastGoneAt: number | null;
}

function isChanged(before: EndpointHealth, after: EndpointHealth): boolean {
  return before.failures !== after.failures || before.lastGoneAt !== after.lastGoneAt;
}

async function insertFailures(client: PoolClient, rows: readonly FailureRow[]): Promise<void> {
  if (rows.length === 0) return;
  await queryPrepared(
    client,
    `INSERT INTO endpoint_failures (${names(FAILURE_COLUMNS)}) SELECT * FROM unnest(${parameters(FAILURE_COLUMNS)})
     ON CONFLICT DO NOTHING`,
    values(FAILURE_COLUMNS, rows),
  );
}

/** Counts the failures that are kept. */
async function countAgain(client: PoolClient, changes: readonly Changed[]): Promise<Changed[]> {
  const counted: Changed[] = [];
  for (const change of changes) {
    const { rows } = await queryPrepared<{ count: number; first: Date | null; last: Date | null }>(
      client,
      `SELECT count(*)::integer AS count, min(at) AS first, max(at) AS last
         FROM endpoint_failures WHERE endpoint_id = $1 AND at > $2`,
      [change.endpointId, new Date(change.since)],
    );
    const { count = 0, first = null, last = null } = rows[0] ?? {};
    const failures = first && last && { count, firstAt: first.getTime(), lastAt: last.getTime() };
    counted.push({ ...change, failures });
  }
  return counted;
}

async function updateHealth(client: PoolClient, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  await queryPrepared(
    client,
    `UPDATE endpoint_health AS known
        SET failures = changed.failures, first_failure_at = changed.first_failure_at,
            last_failure_at = changed.last_failure_at, last_gone_at = changed.last_gone_at
       FROM unnest(${parameters(CHANGED_COLUMNS)}) AS changed (${names(CHANGED_COLUMNS)})
      WHERE known.endpoint_id = changed.endpoint_id`,
    values(CHANGED_COLUMNS, changed),
  );
}

const SUCCESS_COLUMNS: readonly Column<readonly [endpointId: string, noted: readonly Collected[]]>[] = [
  { name: 'endpoint_id', type: 'uuid', value: ([endpointId]) => endpointId },
  {
    name: 'last_success_at',
    type: 'timestamptz',
    value: ([, noted]) =>
      noted.reduce<number | null>(
        (latest, { fact }) => (fact.kind === 'success' ? Math.max(latest ?? fact.at, fact.at) : latest),
        null,
      ),
  },
];

const FAILURE_COLUMNS: readonly Column<FailureRow>[] = [
  { name: 'endpoint_id', type: 'uuid', value: (row) => row.endpointId },
  { name: 'at', type: 'timestamptz', value: (row) => row.at },
  { name: 'started_at', type: 'timestamptz', value: (row) => row.startedAt },
  { name: 'delivery_id', type: 'uuid', value: (row) => row.deliveryId },
  { name: 'round', type: 'integer', value: (row) => row.round },
  { name: 'step', type: 'integer', value: (row) => row.step },
];

const CHANGED_COLUMNS: readonly Column<Changed>[] = [
  { name: 'endpoint_id', type: 'uuid', value: (row) => row.endpointId },
  { name: 'failures', type: 'integer', value: ({ failures }) => failures?.count ?? 0 },
  { name: 'first_failure_at', type: 'timestamptz', value: ({ failures }) => failures?.firstAt ?? null },
  { name: 'last_failure_at', type: 'timestamptz', value: ({ failures }) => failures?.lastAt ?? null },
  { name: 'last_gone_at', type: 'timestamptz', value: (row) => row.lastGoneAt },
];

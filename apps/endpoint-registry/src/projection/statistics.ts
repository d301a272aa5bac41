import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { type Column, names, parameters, values } from './columns.js';

/** What a transaction adds to the numbers of one endpoint. */
interface Delta {
  total: number;
  failed: number;
  lastTriggeredAt: number | null;
}

/** The facts of a delivery that the numbers count. */
export interface Counted {
  readonly failed: boolean;
  readonly attempted: boolean;
}

/**
 * The endpoints' numbers. They are kept up to date by adding what each change of a delivery adds, since
 * counting would read every delivery of an endpoint. A transaction collects its differences and writes each
 * endpoint once, in the order of the ids. So transactions that touch the same endpoints wait for each other
 * and never deadlock.
 */
export class StatisticsDeltas {
  private readonly deltas = new Map<string, Delta>();

  /** A delivery of the endpoint changed; `before` is null when it did not exist. */
  changed(endpointId: string, before: Counted | null, after: Counted): void {
    const total = Number(after.attempted) - Number(before?.attempted ?? false);
    const failed = Number(after.failed) - Number(before?.failed ?? false);
    if (total === 0 && failed === 0) return;
    const delta = this.of(endpointId);
    delta.total += total;
    delta.failed += failed;
  }

  /** An attempt was made, begun at `at` (ms since the epoch). */
  triggered(endpointId: string, at: number): void {
    const delta = this.of(endpointId);
    delta.lastTriggeredAt = Math.max(delta.lastTriggeredAt ?? at, at);
  }

  async write(client: PoolClient): Promise<void> {
    if (this.deltas.size === 0) return;
    const sorted = [...this.deltas].sort(([a], [b]) => (a < b ? -1 : 1));
    await queryPrepared(
      client,
      `INSERT INTO endpoint_statistics AS known (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
       ON CONFLICT (endpoint_id) DO UPDATE SET
         total_deliveries = known.total_deliveries + excluded.total_deliveries,
         failed_deliveries = known.failed_deliveries + excluded.failed_deliveries,
         last_triggered_at = greatest(known.last_triggered_at, excluded.last_triggered_at)`,
      values(COLUMNS, sorted),
    );
  }

  private of(endpointId: string): Delta {
    let delta = this.deltas.get(endpointId);
    if (!delta) this.deltas.set(endpointId, (delta = { total: 0, failed: 0, lastTriggeredAt: null }));
    return delta;
  }
}

const COLUMNS: readonly Column<readonly [endpointId: string, delta: Delta]>[] = [
  { name: 'endpoint_id', type: 'uuid', value: ([endpointId]) => endpointId },
  { name: 'total_deliveries', type: 'bigint', value: ([, { total }]) => total },
  { name: 'failed_deliveries', type: 'bigint', value: ([, { failed }]) => failed },
  { name: 'last_triggered_at', type: 'timestamptz', value: ([, { lastTriggeredAt }]) => lastTriggeredAt },
];

import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';

/** Prometheus metrics of the connections to the database, by the pool that they belong to. */
export function reportPools(dataSources: Readonly<Record<string, DataSource>>): void {
  const pools = Object.entries(dataSources).map(
    ([pool, { driver }]) => [{ pool }, (driver as unknown as { master: Pool }).master] as const,
  );
  new Gauge({
    name: 'webhook_database_connections',
    help: 'Open connections to PostgreSQL, by state and pool',
    labelNames: ['state', 'pool'] as const,
    collect() {
      for (const [label, { idleCount, totalCount }] of pools) {
        this.set({ ...label, state: 'idle' }, idleCount);
        this.set({ ...label, state: 'busy' }, totalCount - idleCount);
      }
    },
  });
  new Gauge({
    name: 'webhook_database_connections_max',
    help: 'How many connections to PostgreSQL may be open, by pool',
    labelNames: ['pool'] as const,
    collect() {
      for (const [label, { options }] of pools) this.set(label, options.max);
    },
  });
  new Gauge({
    name: 'webhook_database_waiting_requests',
    help: 'Requests that wait for a connection to PostgreSQL, by pool',
    labelNames: ['pool'] as const,
    collect() {
      for (const [label, { waitingCount }] of pools) this.set(label, waitingCount);
    },
  });
}

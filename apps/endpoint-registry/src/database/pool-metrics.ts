import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';

/** Prometheus metrics of the connections to the database. */
export function reportPool(dataSource: DataSource): void {
  const pool = (dataSource.driver as unknown as { master: Pool }).master;
  new Gauge({
    name: 'webhook_database_connections',
    help: 'Open connections to PostgreSQL, by state',
    labelNames: ['state'] as const,
    collect() {
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
    },
  });
  new Gauge({
    name: 'webhook_database_connections_max',
    help: 'How many connections to PostgreSQL may be open',
    collect() {
      this.set(pool.options.max);
    },
  });
  new Gauge({
    name: 'webhook_database_waiting_requests',
    help: 'Requests that wait for a connection to PostgreSQL',
    collect() {
      this.set(pool.waitingCount);
    },
  });
}

import { waitFor } from '@skillora/testing';
import { Client } from 'pg';

import { RELAY_LOCK } from '../outbox/relay.js';
import type { RunningRegistry } from './running-registry.js';

/** A session on the database that stands in the way of an instance, so that a test can kill the instance right there. */
export class Obstacle {
  private constructor(
    private readonly client: Client,
    /** Looks around and kills: within a transaction PostgreSQL shows its activity as it was at first. */
    private readonly watcher: Client,
    private readonly pids: readonly number[],
  ) {}

  static async on(databaseUrl: string): Promise<Obstacle> {
    const clients = [0, 1].map(() => new Client({ connectionString: databaseUrl }));
    const pids: number[] = [];
    for (const client of clients) {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      pids.push(...rows.map(({ pid }) => pid));
    }
    const [client, watcher] = clients as [Client, Client];
    return new Obstacle(client, watcher, pids);
  }

  /** Nobody moves the outbox to Kafka from now on. */
  async stopRelay(): Promise<void> {
    await this.client.query('SELECT pg_advisory_lock($1)', [RELAY_LOCK]);
  }

  async letRelayGoOn(): Promise<void> {
    await this.client.query('SELECT pg_advisory_unlock($1)', [RELAY_LOCK]);
  }

  /** Takes the locks of a statement, and keeps them. */
  async lock(statement: string): Promise<void> {
    await this.client.query('BEGIN');
    await this.client.query(statement);
  }

  /** Lets go of the locks; what the statement changed takes effect. */
  async letGo(): Promise<void> {
    await this.client.query('COMMIT');
  }

  /** Steps out of the way. */
  async close(): Promise<void> {
    await this.client.end();
    await this.watcher.end();
  }

  /** Waits until a query has rows. */
  async sees(query: string, parameters: readonly unknown[]): Promise<void> {
    await waitFor(async () => (await this.watcher.query(query, [...parameters])).rowCount !== 0, query);
  }

  /** Waits until an instance cannot go on with a statement that begins like this. */
  async stops(statement: string): Promise<void> {
    await this.sees(
      'SELECT FROM pg_stat_activity WHERE starts_with(query, $1) AND pg_blocking_pids(pid) && $2::int[]',
      [statement, this.pids],
    );
  }

  /**
   * Kills the only instance on the database, as far as the database sees it: its connections break, whatever they are
   * at, until it has stopped. Then nothing is in the way of others any more.
   */
  async kill(instance: RunningRegistry): Promise<void> {
    const stopping = instance.stop().then(
      () => true,
      () => true,
    );
    await waitFor(async () => {
      await this.watcher.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> ALL($1::int[])`,
        [this.pids],
      );
      return Promise.race([stopping, Promise.resolve(false)]);
    }, 'the end of the instance');
    await this.close();
  }
}

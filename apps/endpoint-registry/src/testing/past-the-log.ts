import type { DataSource } from 'typeorm';

/**
 * Changes by hand what the log of changes is about, as no service can: what only time would change, or what somebody
 * with the database's password does.
 */
export function pastTheLog<T>(dataSource: DataSource, text: string, parameters: unknown[]): Promise<T[]> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL webhook.log_changes = off');
    return manager.query<T[]>(text, parameters);
  });
}

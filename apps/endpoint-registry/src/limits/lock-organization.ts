import type { EntityManager } from 'typeorm';

/**
 * Locks an organisation until the transaction ends. Everything that counts what an organisation has or uses,
 * and then allows one more, does so under this lock. So two requests on two instances never both get the last
 * one. A statement after this one sees what was committed while it waited for the lock. Nothing else waits
 * for it, including foreign keys.
 */
export async function lockOrganization(manager: EntityManager, id: string): Promise<void> {
  await manager.query('SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [id]);
}

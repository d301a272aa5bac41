import type { EntityManager } from 'typeorm';

/**
 * Keeps an organisation for this transaction, until it ends. Whatever counts what an organisation has or
 * uses, and lets it have one more, does so under this lock: two requests on two instances never both take the
 * last one. A statement after this one sees what was committed while the lock was waited for. Nothing else
 * waits for it, foreign keys included.
 */
export async function lockOrganization(manager: EntityManager, id: string): Promise<void> {
  await manager.query('SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [id]);
}

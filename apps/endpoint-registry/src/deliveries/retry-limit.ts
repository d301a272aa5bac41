import { throttled } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import { lockOrganization } from '../limits/lock-organization.js';
import { readUses, rememberUse, type UseKey } from '../limits/recent-uses.js';
import { type UseLimit, waitForUse } from '../limits/use-limit.js';

/** Retries by hand of one organisation. */
export const RETRIES: UseLimit = { uses: 60, withinMs: 60_000 };

/**
 * Counts a retry by hand, in the transaction that grants it: one that is refused for another reason counts
 * for nothing. Those of one organisation are granted one after the other, over all instances, from here to
 * the transaction's end.
 * @throws {Refusal} 429 when it is one too many.
 */
export async function demandRetry(manager: EntityManager, organizationId: string): Promise<void> {
  const key: UseKey = { organizationId, kind: 'retry', subject: organizationId };
  await lockOrganization(manager, organizationId);
  const uses = await readUses(manager, key);
  const waitMs = waitForUse(uses.usedAt, RETRIES, uses.now);
  if (waitMs > 0) {
    throw throttled(`An organisation can ask for ${RETRIES.uses} retries by hand a minute.`, waitMs);
  }
  await rememberUse(manager, key, uses, RETRIES);
}

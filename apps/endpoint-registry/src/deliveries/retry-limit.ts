import { throttled } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import { readUses, rememberUse, type UseKey } from '../limits/recent-uses.js';
import { type UseLimit, waitForUse } from '../limits/use-limit.js';

/** Limits the retries by hand of one organisation. A request to send a delivery or an event again is one of them. */
export const RETRIES: UseLimit = { uses: 60, withinMs: 60_000 };

/**
 * Counts a retry by hand, in the transaction that grants it; retries that are refused for another reason do
 * not count. The transaction has locked the organisation (see `lockOrganization`), so retries of one
 * organisation are granted one after the other, over all instances.
 * @throws {RefusalException} 429 when the limit is exceeded.
 */
export async function demandRetry(manager: EntityManager, organizationId: string): Promise<void> {
  const key: UseKey = { organizationId, kind: 'retry', subject: organizationId };
  const uses = await readUses(manager, key);
  const waitMs = waitForUse(uses.usedAt, RETRIES, uses.now);
  if (waitMs > 0) {
    throw throttled(
      `An organisation can ask for ${RETRIES.uses} retries and resends by hand a minute.`,
      waitMs,
    );
  }
  await rememberUse(manager, key, uses, RETRIES);
}
